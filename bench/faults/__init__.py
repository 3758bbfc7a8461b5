"""Faults, tried on a real server: `python -m bench.faults [kill|full|readonly|gone|clock|slow …]`.

Each is a module of its own. Writers note what the server acknowledged, then something goes wrong;
the table says whether the server came back by itself, whether anything was lost, and what
/readyz said meanwhile. Without names all are tried, each in about two minutes; `--smoke` makes
them short, `--postgres` tries those on PostgreSQL that know how. It ends with 1 after a miss.
Mounting needs root and Linux.
"""
