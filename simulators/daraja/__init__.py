"""M-Pesa behind Daraja's API: shortcodes with floats, wallets on phones, prompts, and callbacks."""
