"""`python -m rewardkit` is `rewardkit`."""

from rewardkit.cli import main

main()
