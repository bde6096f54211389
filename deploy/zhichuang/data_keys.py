"""The keys that personal data is sealed with at rest: made here, kept in the data folder."""

import base64
import json
import secrets
from collections.abc import Mapping


def with_new_data_key(kept: Mapping[str, str]) -> dict[str, str]:
    """Add a new key, which new values take; the ones before stay, to open what they sealed."""
    name = f"k{secrets.token_hex(4)}"
    keys: dict[str, str] = json.loads(kept.get("data_keys", "{}"))
    keys[name] = base64.b64encode(secrets.token_bytes(32)).decode()
    return {**kept, "data_keys": json.dumps(keys), "data_key": name}


def rotate() -> int:
    """Take a new data key into use at the next start; give the command's exit status."""
    from zhichuang.cluster import write_private
    from zhichuang.up import home_folder

    path = home_folder() / "secrets.json"
    if not path.exists():
        print(f"No stack was ever started on {path.parent}.")
        return 1
    changed = with_new_data_key(json.loads(path.read_text()))
    write_private(path, json.dumps(changed, indent=2))
    print(f"New data key {changed['data_key']}. Start the stack again: values are sealed anew.")
    return 0
