-- Whoever isn't the owner reads the ledger's tables, and calls its functions; no more. Run again
-- after each migration, in case somebody has granted everything to everybody since.
DO $$
DECLARE
    v_table regclass;
    v_role text;
BEGIN
    FOREACH v_table IN ARRAY array_remove(ARRAY[
        'wallets_currency', 'wallets_accountkind', 'wallets_journalkind', 'wallets_account',
        'wallets_balance', 'wallets_journal', 'wallets_posting', 'wallets_unrolled',
        'wallets_hold', 'wallets_holdcapture', to_regclass('wallets_manualposting'), to_regclass('ledger_batch')], NULL)
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

-- Of the functions, whoever isn't the owner calls those that are offered. A trigger's own function
-- with the owner's rights would otherwise serve anybody, on a table of theirs. Who may post may call
-- the others that are offered: another release's list may have lacked one, and taken it away.
DO $$
DECLARE
    v_function regprocedure;
    v_role text;
    v_offered text[] := ARRAY[
        'ledger_open_account', 'ledger_close_account', 'ledger_post', 'ledger_post_pair',
        'ledger_post_batch', 'ledger_place_hold', 'ledger_release_hold', 'ledger_expire_holds',
        'ledger_roll_up'];
BEGIN
    FOR v_function, v_role IN
        SELECT p.oid, CASE g.grantee WHEN 0 THEN 'PUBLIC'
                           ELSE quote_ident(pg_get_userbyid(g.grantee)) END
          FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
         WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%'
           AND g.grantee <> p.proowner
           AND p.proname <> ALL (v_offered)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', v_function, v_role);
    END LOOP;
    FOR v_function, v_role IN
        SELECT o.oid, CASE g.grantee WHEN 0 THEN 'PUBLIC'
                           ELSE quote_ident(pg_get_userbyid(g.grantee)) END
          FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g, pg_proc o
         WHERE p.pronamespace = 'public'::regnamespace AND p.proname = 'ledger_post'
           AND g.grantee <> p.proowner
           AND o.pronamespace = p.pronamespace AND o.proname = ANY (v_offered)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', v_function, v_role);
    END LOOP;
END $$;
