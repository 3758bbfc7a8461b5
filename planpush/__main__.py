"""`python -m planpush …`."""

from planpush.cli.main import main

main()
