"""M-Pesa's receipts: each belongs to one operation of ours, whichever rail hears of it first."""
