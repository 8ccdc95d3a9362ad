-- Set money of a strict account aside until `p_expires_at`. The same key with the same account and
-- amount is the same hold.
CREATE FUNCTION ledger_place_hold(
    p_account bigint, p_key text, p_amount bigint, p_expires_at timestamptz, p_cause text,
    OUT hold_id bigint, OUT is_new boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_old wallets_hold;
BEGIN
    IF NOT EXISTS (SELECT FROM wallets_balance WHERE account_id = p_account) THEN
        PERFORM ledger_refuse('NCL05', 'no such account',
            jsonb_build_object('account_id', p_account));
    END IF;
    IF p_expires_at NOT BETWEEN '2000-01-01' AND '2200-01-01' THEN
        PERFORM ledger_refuse('NCL08', 'the time is far out of range');
    END IF;
    INSERT INTO wallets_hold AS h (account_id, key, amount, captured, released, cause, placed_at,
                                   expires_at)
    VALUES (p_account, p_key, p_amount, 0, 0, p_cause, clock_timestamp(), p_expires_at)
    ON CONFLICT (key) DO NOTHING RETURNING h.id INTO hold_id;
    is_new := hold_id IS NOT NULL;
    IF NOT is_new THEN
        SELECT * INTO STRICT v_old FROM wallets_hold WHERE key = p_key;
        IF v_old.account_id <> p_account OR v_old.amount <> p_amount THEN
            PERFORM ledger_refuse('NCL02', 'this key was used for other content',
                jsonb_build_object('key', p_key, 'hold_id', v_old.id));
        END IF;
        hold_id := v_old.id;
    END IF;
END $$;

CREATE FUNCTION ledger_hold_placed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_balance wallets_balance;
    v_available numeric;
BEGIN
    SELECT * INTO v_balance FROM wallets_balance WHERE account_id = NEW.account_id
       FOR NO KEY UPDATE;
    IF v_balance.is_closed OR v_balance.is_deferred OR v_balance.floor IS NULL
       OR NEW.captured <> 0 OR NEW.released <> 0 THEN
        PERFORM ledger_refuse('NCL06', 'nothing can be held on this account',
            jsonb_build_object('account_id', NEW.account_id));
    END IF;
    v_available := v_balance.sign::numeric * v_balance.balance - v_balance.held - v_balance.floor;
    IF v_available < NEW.amount THEN
        PERFORM ledger_refuse('NCL01', 'not enough is available',
            jsonb_build_object('key', NEW.key, 'account_id', NEW.account_id,
                               'available', v_available, 'needed', NEW.amount));
    END IF;
    UPDATE wallets_balance SET held = held + NEW.amount WHERE account_id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_hold_placed AFTER INSERT ON wallets_hold
    FOR EACH ROW EXECUTE FUNCTION ledger_hold_placed();

-- A hold shrinks: more is captured or released, and nothing else of it changes.
CREATE FUNCTION ledger_hold_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.account_id, NEW.key, NEW.amount, NEW.cause, NEW.placed_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.account_id, OLD.key, OLD.amount, OLD.cause, OLD.placed_at, OLD.expires_at)
       OR NEW.captured < OLD.captured OR NEW.released < OLD.released THEN
        PERFORM ledger_refuse('NCL07', 'a hold can only be captured and released',
            jsonb_build_object('hold_id', OLD.id));
    END IF;
    UPDATE wallets_balance
       SET held = held - (NEW.captured + NEW.released - OLD.captured - OLD.released)
     WHERE account_id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_hold_changed AFTER UPDATE ON wallets_hold
    FOR EACH ROW EXECUTE FUNCTION ledger_hold_changed();

-- Capture parts of holds for a journal that takes at least as much from their account.
CREATE FUNCTION ledger_capture(
    p_journal bigint, p_accounts bigint[], p_amounts bigint[], p_holds bigint[], p_captures bigint[]
) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_account bigint;
    v_amount bigint;
    v_hold bigint;
    v_part bigint;
BEGIN
    IF cardinality(p_holds) IS DISTINCT FROM cardinality(p_captures) THEN
        PERFORM ledger_refuse('NCL08', 'there must be one amount for each hold');
    END IF;
    PERFORM FROM wallets_balance WHERE account_id = ANY (p_accounts) AND NOT is_deferred
      ORDER BY account_id FOR NO KEY UPDATE;
    FOR v_hold, v_part IN SELECT * FROM unnest(p_holds, p_captures) ORDER BY 1 LOOP
        UPDATE wallets_hold
           SET captured = captured + v_part,
               ended_at = CASE WHEN captured + released + v_part = amount
                               THEN clock_timestamp() END
         WHERE id = v_hold AND account_id = ANY (p_accounts) AND v_part > 0
           AND captured + released + v_part <= amount
           AND (expires_at IS NULL OR expires_at > clock_timestamp());
        IF NOT FOUND THEN
            PERFORM ledger_refuse('NCL06', 'the hold is over, or holds less',
                jsonb_build_object('hold_id', v_hold, 'needed', v_part));
        END IF;
        INSERT INTO wallets_holdcapture (hold_id, journal_id, amount, at)
        VALUES (v_hold, p_journal, v_part, clock_timestamp());
    END LOOP;
    SELECT h.account_id, sum(c.amount) INTO v_account, v_amount
      FROM wallets_holdcapture c
      JOIN wallets_hold h ON h.id = c.hold_id
      JOIN wallets_balance b ON b.account_id = h.account_id
      JOIN unnest(p_accounts, p_amounts) AS leg (account_id, amount)
        ON leg.account_id = h.account_id
     WHERE c.journal_id = p_journal
     GROUP BY h.account_id, b.sign, leg.amount
    HAVING sum(c.amount) > -b.sign * leg.amount LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL06', 'more is captured than the journal takes',
            jsonb_build_object('account_id', v_account, 'needed', v_amount));
    END IF;
END $$;

-- Give back what a hold still holds; return how much. A hold that is over gives nothing.
CREATE FUNCTION ledger_release_hold(p_hold bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_hold wallets_hold;
BEGIN
    SELECT * INTO v_hold FROM wallets_hold WHERE id = p_hold;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NCL06', 'no such hold', jsonb_build_object('hold_id', p_hold));
    END IF;
    -- First the balance, as all others do, then the hold.
    PERFORM FROM wallets_balance WHERE account_id = v_hold.account_id FOR NO KEY UPDATE;
    SELECT * INTO v_hold FROM wallets_hold WHERE id = p_hold FOR NO KEY UPDATE;
    IF v_hold.captured + v_hold.released < v_hold.amount THEN
        UPDATE wallets_hold SET released = amount - captured, ended_at = clock_timestamp()
         WHERE id = p_hold;
    END IF;
    RETURN v_hold.amount - v_hold.captured - v_hold.released;
END $$;

-- Release holds whose time is over, some at once, in the order of their accounts.
CREATE FUNCTION ledger_expire_holds(p_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_hold bigint;
    v_count bigint := 0;
BEGIN
    FOR v_hold IN
        SELECT id FROM (SELECT id, account_id FROM wallets_hold
                         WHERE ended_at IS NULL AND expires_at <= clock_timestamp()
                         ORDER BY expires_at LIMIT p_most) due ORDER BY account_id, id
    LOOP
        PERFORM ledger_release_hold(v_hold);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$;
