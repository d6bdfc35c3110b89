"""`python -m rolecall`."""

from rolecall.cli.main import main

if __name__ == "__main__":
    main()
