"""The ground: the shared kernel. Knows no worker, no wallet and no payment."""
