"""What is read of facts, and who may see one.

An organization sees the facts that it posted, and all facts of the centres to which it belongs
today; officials see every fact, and the other services all but confidential kinds (X04, A152).
"""

from registry.facts.queries.reading import (
    FactFilter,
    Known,
    center_seen,
    center_that_is_seen,
    conditions,
    derived,
    fact_by_id,
    fact_kept,
    fact_seen,
    fact_told,
    first_postings,
    open_facts,
    own_codes,
    page_of_facts,
    periods_of,
    stage_of,
    standings,
    visible_to,
)
from registry.facts.queries.sums import (
    Entered,
    abroad,
    bottleneck_counts,
    chain_counts,
    client_counts,
    diffusion_counts,
    project_counts,
    stages_entered,
    technologies_by_stage,
    training_counts,
)
from registry.facts.queries.walking import (
    lock_centers,
    milestones,
    milestones_told,
    pipeline_entries,
)

__all__ = [
    "Entered",
    "FactFilter",
    "Known",
    "abroad",
    "bottleneck_counts",
    "center_seen",
    "center_that_is_seen",
    "chain_counts",
    "client_counts",
    "conditions",
    "derived",
    "diffusion_counts",
    "fact_by_id",
    "fact_kept",
    "fact_seen",
    "fact_told",
    "first_postings",
    "lock_centers",
    "milestones",
    "milestones_told",
    "open_facts",
    "own_codes",
    "page_of_facts",
    "periods_of",
    "pipeline_entries",
    "project_counts",
    "stage_of",
    "stages_entered",
    "standings",
    "technologies_by_stage",
    "training_counts",
    "visible_to",
]
