"""``python -m ctdspec.cli`` is ``ctdspec``."""

from ctdspec.cli import main

main()
