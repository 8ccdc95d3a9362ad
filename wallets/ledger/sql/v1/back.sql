DROP TRIGGER ledger_history_stays ON wallets_journal;
DROP TRIGGER ledger_history_stays ON wallets_posting;
DROP TRIGGER ledger_history_stays ON wallets_holdcapture;
DROP TRIGGER ledger_history_stays ON wallets_hold;
DROP TRIGGER ledger_history_stays ON wallets_account;
DROP TRIGGER ledger_history_stays ON wallets_balance;
DROP TRIGGER ledger_history_stays ON wallets_unrolled;
DROP TRIGGER ledger_never_emptied ON wallets_journal;
DROP TRIGGER ledger_never_emptied ON wallets_posting;
DROP TRIGGER ledger_never_emptied ON wallets_holdcapture;
DROP TRIGGER ledger_never_emptied ON wallets_hold;
DROP TRIGGER ledger_never_emptied ON wallets_account;
DROP TRIGGER ledger_never_emptied ON wallets_balance;
DROP TRIGGER ledger_never_emptied ON wallets_unrolled;
DROP TRIGGER ledger_hold_placed ON wallets_hold;
DROP TRIGGER ledger_hold_changed ON wallets_hold;
DROP TRIGGER ledger_postings_made ON wallets_posting;
DROP TRIGGER ledger_rolled_up ON wallets_unrolled;
DROP TRIGGER ledger_account_opened ON wallets_account;
DROP TRIGGER ledger_account_changed ON wallets_account;
DROP FUNCTION ledger_history_stays, ledger_expire_holds, ledger_release_hold, ledger_capture,
    ledger_hold_changed, ledger_hold_placed, ledger_place_hold, ledger_rolled_up, ledger_roll_up,
    ledger_examine_kinds, ledger_examine, ledger_postings_made, ledger_leg_is_right,
    ledger_post_batch,
    ledger_posted_before, ledger_post, ledger_account_changed,
    ledger_account_opened, ledger_close_account, ledger_open_account, ledger_refuse;
ALTER TABLE wallets_holdcapture
    DROP CONSTRAINT capture_hold_exists, DROP CONSTRAINT capture_journal_exists;
ALTER TABLE wallets_hold DROP CONSTRAINT hold_account_exists;
ALTER TABLE wallets_balance DROP CONSTRAINT balance_account_exists;
ALTER TABLE wallets_account
    DROP CONSTRAINT account_kind_exists, DROP CONSTRAINT account_currency_exists;
