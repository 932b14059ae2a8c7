"""A flow is a typed function that composes.

holon run examples/hello_flow.py --input '"Hello, Holon World"'
"""

from holon_actors import flow


def words(title: str) -> list[str]:
    return title.lower().replace(",", "").split()


def dashed(parts: list[str]) -> str:
    return "-".join(parts)


slug = flow(flow(words) | dashed, name="slug")

if __name__ == "__main__":
    print(slug("Hello, Holon World"))  # hello-holon-world
