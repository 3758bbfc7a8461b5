"""`python -m planpush …`."""

from planpush.cli import main

main()
