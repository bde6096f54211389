"""What must hold of drawn panels, one broken rule at a time; no solver."""

from dataclasses import replace

import pytest

from evaluation.assignments import rules
from evaluation.assignments.rules import DrawMode, DrawState, Event, Need, Problem, Reviewer
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", {"A120": "四(三)2"}, {"A120": {"min_experts": 5}})


def reviewer(name: str, field: str, org: str, load: int = 3) -> Reviewer:
    return Reviewer(name, field, frozenset({org}), load)


ANA, BAO = reviewer("ana", "legal", "o1"), reviewer("bao", "economic", "o2")
CUI, DAI = reviewer("cui", "legal", "o3"), reviewer("dai", "economic", "o4")
ELI = reviewer("eli", "technical", "o5")
PROBLEM = Problem(
    needs=(Need("a"), Need("b", cases=2)),
    reviewers=(ANA, BAO, CUI, DAI, ELI),
    fit=((100, 70, 40, 10, None), (10, 40, 70, 100, 50)),
    size=3,
    fields=("economic", "legal"),
)
PANELS = {"a": ("ana", "bao", "cui"), "b": ("cui", "dai", "eli")}


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("over", "broken"),
    [
        ({}, []),
        ({"a": ("ana", "bao")}, ["size a 2"]),
        ({"a": ("ana", "bao", "cui", "dai")}, ["size a 4"]),
        ({"a": ("ana", "bao", "ana")}, ["size a 3", "organization a o1"]),
        ({"a": ("ana", "bao", "zoe")}, ["size a 2", "barred a zoe"]),
        ({"b": ("ana", "cui", "eli")}, ["field b economic"]),
        ({"a": ("ana", "bao", "eli")}, ["barred a eli"]),
    ],
)
def test_each_broken_rule_is_named(over: dict[str, tuple[str, ...]], broken: list[str]) -> None:
    assert rules.violations(PROBLEM, {**PANELS, **over}) == broken


@pytest.mark.requirement("A120")
def test_a_panel_that_is_missing_is_named_and_empty() -> None:
    assert rules.violations(PROBLEM, {"a": PANELS["a"]}) == [
        "panels b is missing", "size b 0", "field b economic", "field b legal",
    ]  # fmt: skip


@pytest.mark.requirement("A120")
def test_two_of_one_employer_sit_in_no_panel_together() -> None:
    of_two = replace(CUI, organizations=frozenset({"o1", "o9"}))
    both = replace(PROBLEM, reviewers=(ANA, BAO, of_two, DAI, ELI))
    assert rules.violations(both, PANELS) == ["organization a o1"]


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(("most", "broken"), [(3, []), (2, ["load cui 3 of 2"])])
def test_a_panel_of_a_group_counts_each_of_its_cases(most: int, broken: list[str]) -> None:
    limited = replace(PROBLEM, reviewers=(ANA, BAO, replace(CUI, max_load=most), DAI, ELI))
    assert rules.violations(limited, PANELS) == broken
    assert rules.loads(limited, PANELS) == {"ana": 1, "bao": 1, "cui": 3, "dai": 2, "eli": 2}
    # A panel that no need asked for costs nobody anything.
    assert rules.loads(limited, {"z": ("ana",)}) == {"ana": 0}


@pytest.mark.requirement("A120")
def test_a_fixed_choice_that_was_left_out_is_named() -> None:
    fixed = replace(PROBLEM, fixed=frozenset({("a", "ana"), ("b", "ana"), ("c", "bao")}))
    assert rules.violations(fixed, PANELS) == ["fixed b ana", "fixed c bao"]
    checks = rules.fixed_checks(replace(PROBLEM, fixed=frozenset({("a", "ana")})))
    assert failed_codes(checks) == []
    for pair in (("a", "zoe"), ("z", "ana")):
        checks = rules.fixed_checks(replace(PROBLEM, fixed=frozenset({("a", "ana"), pair})))
        assert failed_codes(checks) == ["NOT_FOUND"]
        assert len(checks) == 2


@pytest.mark.requirement("A120")
def test_a_problem_with_fixed_choices_is_read_back_from_its_document() -> None:
    fixed = replace(PROBLEM, fixed=frozenset({("b", "dai"), ("a", "ana")}))
    document = fixed.document()
    assert document["fixed"] == [["a", "ana"], ["b", "dai"]]
    assert rules.problem_of(document) == fixed


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("known", "fields", "fit"),
    [
        ({"ic": 3}, ["ic"], 100),
        ({"ic": 2}, ["ic"], 70),
        ({"ic": 1}, ["ic"], 40),
        ({"ic": 1, "ai": 2, "bio": 3}, ["ic", "ai"], 70),
        ({"bio": 3}, ["ic", "ai"], 10),
        ({"ic": 3}, [], 10),
    ],
)
def test_the_best_level_in_any_field_of_the_centre_counts(
    known: dict[str, int], fields: list[str], fit: int
) -> None:
    assert rules.fit_of(known, fields) == fit


@pytest.mark.parametrize(
    ("mode", "cases", "groups"),
    [
        (DrawMode.GROUP, ["c", "a", "b"], {"a": ["a", "b", "c"]}),
        (DrawMode.GROUP, [], {}),
        (DrawMode.EACH, ["b", "a"], {"a": ["a"], "b": ["b"]}),
        (DrawMode.EACH, [], {}),
    ],
)
def test_cases_share_a_panel_as_the_mode_says(
    mode: DrawMode, cases: list[str], groups: dict[str, list[str]]
) -> None:
    assert rules.groups_of(cases, mode) == groups
    for case in cases:
        first = min(cases) if mode is DrawMode.GROUP else case
        assert rules.need_of(groups, case) == first
    assert rules.need_of(groups, "z") == "z"


def test_a_panel_is_for_one_case_unless_it_is_for_a_group() -> None:
    assert Need("a").cases == 1


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(("size", "passed"), [(3, False), (4, False), (5, True), (6, False),
                                              (7, True)])  # fmt: skip
def test_a_panel_is_odd_and_large_enough(size: int, *, passed: bool) -> None:
    (check,) = rules.size_checks(POLICY, size)
    assert (check.passed, check.params["min"]) == (passed, 5)


BROKEN = {"a": PANELS["a"]}


@pytest.mark.requirement("A120")
@pytest.mark.parametrize("state", list(DrawState))
def test_only_a_proven_draw_becomes_panels_and_once(state: DrawState) -> None:
    drawn = state is DrawState.DRAWN
    assert failed_codes(rules.recusal_checks(state)) == ["STATE_CONFLICT"] * (not drawn)
    assert failed_codes(rules.whole_checks(PROBLEM, PANELS, state)) == []
    assert failed_codes(rules.whole_checks(PROBLEM, BROKEN, state)) == ["DRAW_NOT_PROVEN"] * drawn
    may = (state, Event.ACCEPT) in rules.MOVES
    for optimal in (True, False):
        if state is DrawState.UNPROVEN or (drawn and not optimal):
            codes = ["DRAW_NOT_PROVEN"]
        else:
            codes = [] if may else ["STATE_CONFLICT"]
        assert failed_codes(rules.acceptance_checks(state, optimal=optimal)) == codes


@pytest.mark.requirement("A120")
def test_the_seed_is_the_one_that_was_committed_to() -> None:
    published = rules.commitment("2027-丙")
    assert failed_codes(rules.seed_checks("2027-丙", published)) == []
    assert failed_codes(rules.seed_checks("2027-丁", published)) == ["SEED_MISMATCH"]
    assert failed_codes(rules.committed_checks(is_committed=False)) == ["SEED_MISSING"]


@pytest.mark.requirement("A120")
def test_a_lot_is_the_first_twenty_bits_of_the_hash() -> None:
    # sha256("seed|a|ana") begins with these five digits; anybody may compute it again.
    assert rules.tie_weight("seed", "a", "ana") == int(rules.sha256(b"seed|a|ana")[:5], 16)


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("fay", "count", "ranked"),
    [
        # Whoever takes ana's seat is of the law, fits, and bears one case more.
        ({}, 2, ("fay", "gao")),
        ({}, 1, ("fay",)),
        ({"max_load": 0}, 2, ("gao",)),
        ({"max_load": 1}, 2, ("fay", "gao")),
        ({"field": "technical"}, 2, ("gao",)),
        ({"organizations": frozenset({"o2"})}, 2, ("gao",)),
    ],
)
def test_an_alternate_takes_a_seat_alone_with_every_rule_kept(
    fay: dict[str, object], count: int, ranked: tuple[str, ...]
) -> None:
    others = (replace(reviewer("fay", "legal", "o6", 1), **fay), reviewer("gao", "legal", "o7"))  # type: ignore[arg-type]  # names of fields by the table
    problem = Problem(
        needs=(Need("a"),), reviewers=(ANA, BAO, CUI, *others), fit=((100, 70, 40, 90, 80),),
        size=3, fields=("economic", "legal"),
    )  # fmt: skip
    found = rules.alternates(problem, {"a": PANELS["a"]}, "seed", count)
    assert found["a", "ana"] == ranked
    # Nobody else is of the economy.
    assert found["a", "bao"] == ()


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("taken", "left"),
    [({}, 3), ({"ana": 1}, 2), ({"ana": 2}, 1), ({"ana": 3}, 1), ({"ana": 9}, 1)],
)
def test_whoever_took_seats_elsewhere_has_less_room_but_keeps_those_drawn(
    taken: dict[str, int], left: int
) -> None:
    room = {one.id: one.max_load for one in rules.with_less_room(PROBLEM, PANELS, taken).reviewers}
    assert room == {"ana": left, "bao": 3, "cui": 3, "dai": 3, "eli": 3}
    # One of whom nothing was drawn may be left with no room, or less.
    full = rules.with_less_room(PROBLEM, {}, {"ana": 3})
    assert full.reviewers[0].max_load == 0


@pytest.mark.requirement("A120")
def test_a_case_that_takes_no_panel_now_is_refused_at_its_place() -> None:
    checks = rules.case_checks(["a", "z", "b"], ["b", "a"])
    assert [(check.passed, check.pointer) for check in checks] == [
        (True, "/case_ids/0"), (False, "/case_ids/1"), (True, "/case_ids/2"),
    ]  # fmt: skip


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(("others", "told"), [(0, 0), (19, 19), (20, 20), (21, 20)])
def test_a_draw_gone_stale_names_the_first_twenty_rules_it_breaks(others: int, told: int) -> None:
    fixed = frozenset(("a", f"zoe{number:02}") for number in range(others))
    (check,) = rules.fresh_checks(replace(PROBLEM, fixed=fixed), PANELS)
    assert check.passed is (others == 0)
    assert check.params["broken"] == [f"fixed a zoe{number:02}" for number in range(told)]
