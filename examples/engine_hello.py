"""An engine runs flows on supervised actors: with a time limit, and again when they fail.

python examples/engine_hello.py
"""

import asyncio

from holon_actors import Engine, ErrorRecovery, flow


@flow
def add(x: int, y: int) -> int:
    return x + y


async def main() -> None:
    async with Engine(max_concurrency=4, error_recovery=ErrorRecovery(max_retries=3)) as engine:
        print(await engine.execute(add, (5, 3)))  # 8

        execution = engine.submit(add, {"x": 5, "y": "3"}, timeout=5.0)  # "3" fits an int
        print(await execution, execution.status)  # 8 succeeded


if __name__ == "__main__":
    asyncio.run(main())
