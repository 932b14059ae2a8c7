"""`python -m holon_actors.cli`, for where the `holon` script is not on PATH."""

from holon_actors.cli.main import main

if __name__ == "__main__":
    main()
