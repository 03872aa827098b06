"""`python -m evaluation`: the same as `detectliveface evaluate`."""

from evaluation.command import main

if __name__ == "__main__":
    raise SystemExit(main())
