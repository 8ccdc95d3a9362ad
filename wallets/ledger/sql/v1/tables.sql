-- What Django's models can't say of the ledger's tables.

-- Balances are updated with every posting: room on the page keeps the update off the indexes.
ALTER TABLE wallets_balance SET (fillfactor = 70);
ALTER TABLE wallets_hold SET (fillfactor = 80);

-- Immediate, unlike Django's own. Postings and journals name rows without a foreign key, because
-- its check would lock the row of a hot account; the trigger on postings looks instead, and no
-- row that they name can be removed.
ALTER TABLE wallets_account
    ADD CONSTRAINT account_kind_exists FOREIGN KEY (kind_id) REFERENCES wallets_accountkind,
    ADD CONSTRAINT account_currency_exists FOREIGN KEY (currency_id) REFERENCES wallets_currency;
ALTER TABLE wallets_balance
    ADD CONSTRAINT balance_account_exists FOREIGN KEY (account_id) REFERENCES wallets_account;
ALTER TABLE wallets_hold
    ADD CONSTRAINT hold_account_exists FOREIGN KEY (account_id) REFERENCES wallets_account;
ALTER TABLE wallets_holdcapture
    ADD CONSTRAINT capture_hold_exists FOREIGN KEY (hold_id) REFERENCES wallets_hold,
    ADD CONSTRAINT capture_journal_exists FOREIGN KEY (journal_id) REFERENCES wallets_journal;
