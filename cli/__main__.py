"""Where the commands come together."""

from cli import serving, data, people, leads, segments, jobs, exports  # noqa: F401, I001  # each adds its own, in the order of the help
from cli.program import main

if __name__ == "__main__":
    main()
