"""The door to YAML: published documents are read without it, and the library takes 20 ms to import."""

from engine.defining.tree import Tree


def read_tree(text: str | bytes, file: str) -> Tree:
    """Read YAML, strictly (see `strict_yaml.py`), into a Tree; never raises.

    What is wrong is in `problems`; after something fatal `value` is None.
    """
    from engine.defining.strict_yaml import build  # only now: see above

    return build(text, file)
