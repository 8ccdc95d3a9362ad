-- Whoever isn't the owner reads the ledger's tables, and calls its functions; no more. Run again
-- after each migration, in case somebody has granted everything to everybody since.
DO $$
DECLARE
    v_table regclass;
    v_role text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'wallets_currency', 'wallets_accountkind', 'wallets_journalkind', 'wallets_account',
        'wallets_balance', 'wallets_journal', 'wallets_posting', 'wallets_unrolled',
        'wallets_hold', 'wallets_holdcapture']::regclass[]
    LOOP
        FOR v_role IN
            SELECT DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC'
                                 ELSE quote_ident(pg_get_userbyid(g.grantee)) END
              FROM pg_class c, aclexplode(c.relacl) g
             WHERE c.oid = v_table AND g.grantee <> c.relowner AND g.privilege_type <> 'SELECT'
        LOOP
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'
                           ' ON %s FROM %s', v_table, v_role);
        END LOOP;
    END LOOP;
END $$;

-- What only the functions above call.
REVOKE EXECUTE ON FUNCTION
    ledger_capture(bigint, bigint[], bigint[], bigint[], bigint[]),
    ledger_posted_before(text, text, bytea),
    ledger_examine(bigint), ledger_examine_kinds(wallets_journal)
FROM PUBLIC;
