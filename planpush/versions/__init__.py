"""How a version comes to be and goes: push, restore, compare, purge."""
