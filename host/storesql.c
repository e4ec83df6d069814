/* storesql.c - the store's tables and statements. */
/* SPDX-License-Identifier: MIT */
#include "storepriv.h"

/* The columns that say which thing a call made. */
#define THING "service, profile, account, operation, scope, key"

/* What store_each_exchange and store_one_exchange read first. */
#define ROW "id, at, service, profile, operation, effect, what, method, url," \
  " outcome, status, attempts, seconds, kind, message, insecure"

/* What is tidied away: ids up to `number`, and what is older than ?1, as far as
   the first row of between then and now, ?4. Rows are in the order of time, but
   for those of a wrong clock; all of them are not read each time. */
#define OLD(table, number) "id < max(coalesce((SELECT id FROM " table \
  " WHERE at BETWEEN ?1 AND ?4 ORDER BY id LIMIT 1), 1 << 62)," \
  " coalesce(" number ", 0) + 1) AND (at < ?1 OR id <= " number ")"

/* Numbers are given one after the other. Of calls ?2 that are over stay, be
   some of the newest not. */
#define CALLS_GO "((SELECT max(id) FROM call) - ?2 - (SELECT count(*)" \
  " FROM call INDEXED BY call_unsettled WHERE outcome IN ('sent', 'in_doubt')" \
  " AND id > (SELECT max(id) FROM call) - 2 * ?2))"
#define EXCHANGES_GO "((SELECT max(id) FROM exchange) - ?2)"

const char *const store_sql[STORE_QUERIES] = {
  [QUERY_BEGIN] = "BEGIN IMMEDIATE",
  [QUERY_COMMIT] = "COMMIT",
  [QUERY_ROLLBACK] = "ROLLBACK",
  [QUERY_CALL_BEGIN] =
    "INSERT INTO call(" THING ", effect, arguments, at, outcome, status)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'sent', 0)",
  [QUERY_CALL_END] =
    "UPDATE call SET outcome = ?2, status = ?3, remote_id = ?4,"
    " message = ?5, ended = ?6 WHERE id = ?1",
  [QUERY_MADE] =
    "INSERT INTO made(" THING ", remote_id, call)"
    " SELECT " THING ", ?2, id FROM call WHERE id = ?1 AND key IS NOT NULL"
    " ON CONFLICT DO UPDATE SET remote_id = excluded.remote_id,"
    " call = excluded.call WHERE excluded.call >= made.call",
  [QUERY_UNSETTLED] =
    "SELECT id FROM call WHERE service = ?1 AND profile = ?2"
    " AND account = ?3 AND operation = ?4 AND scope = ?5 AND key IS ?6"
    " AND outcome IN ('sent', 'in_doubt') ORDER BY id DESC LIMIT 1",
  [QUERY_REMEMBER] =
    "INSERT INTO made(" THING ", remote_id, call)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
    " (SELECT coalesce(max(id), 0) FROM call))"
    " ON CONFLICT DO UPDATE SET remote_id = excluded.remote_id,"
    " call = excluded.call",
  [QUERY_FIND] =
    "SELECT remote_id FROM made WHERE service = ?1 AND profile = ?2"
    " AND account = ?3 AND operation = ?4 AND scope = ?5 AND key = ?6",
  [QUERY_EACH] =
    "SELECT id, at, " THING ", effect, arguments, outcome, status, remote_id,"
    " message FROM call ORDER BY id DESC LIMIT ?1",
  [QUERY_PRUNE] =
    "DELETE FROM call WHERE id IN (SELECT id FROM call"
    " WHERE outcome IN ('done', 'failed') AND " OLD("call", CALLS_GO)
    " ORDER BY id LIMIT ?3)",
  [QUERY_VACUUM] = "PRAGMA incremental_vacuum(1000)",
  [QUERY_EXCHANGE] =
    "INSERT INTO exchange(call, at, service, profile, operation, effect,"
    " what, method, url, request_head, request_body, request_note, files,"
    " outcome, reply_head, reply_body, reply_note, times, kind, message,"
    " status, attempts, seconds, insecure, request_cut, reply_cut)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)",
  /* What an earlier ending knew stays. */
  [QUERY_EXCHANGE_END] =
    "UPDATE exchange SET outcome = ?2, reply_head = coalesce(?3, reply_head),"
    " reply_body = coalesce(?4, reply_body),"
    " reply_note = coalesce(?5, reply_note), times = coalesce(?6, times),"
    " kind = ?7, message = ?8, status = ?9,"
    " attempts = max(?10, attempts), seconds = max(?11, seconds),"
    " reply_cut = max(?12, reply_cut) WHERE call = ?1",
  [QUERY_EXCHANGES] =
    "SELECT " ROW ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0"
    " FROM exchange WHERE (?1 IS NULL OR service = ?1)"
    " AND (?2 IS NULL OR operation = ?2 OR service || '.' || operation = ?2)"
    " AND (?3 IS NULL OR outcome = ?3) AND (?4 IS NULL OR at >= ?4)"
    " ORDER BY at DESC, id DESC LIMIT ?5",
  [QUERY_ONE_EXCHANGE] =
    "SELECT " ROW ", request_head, request_body, request_note, files,"
    " reply_head, reply_body, reply_note, times, request_cut, reply_cut"
    " FROM exchange WHERE id = ?1",
  [QUERY_PRUNE_EXCHANGES] =
    "DELETE FROM exchange WHERE id IN (SELECT id FROM exchange"
    " WHERE " OLD("exchange", EXCHANGES_GO) " ORDER BY id LIMIT ?3)",
};

/* mmap_size 0: an I/O error stays an error instead of a SIGBUS. FULL: a
   call that was recorded is recorded after a power loss too. */
const char store_settings[] =
  "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
  "PRAGMA mmap_size = 0; PRAGMA secure_delete = ON;"
  "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;"
  "PRAGMA foreign_keys = ON;";

/* AUTOINCREMENT: the number of a pruned call is never given again. */
const char store_schema_1[] =
  "CREATE TABLE call("
  " id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,"
  " service TEXT NOT NULL, profile TEXT NOT NULL, account TEXT NOT NULL,"
  " operation TEXT NOT NULL, effect TEXT NOT NULL, scope TEXT NOT NULL,"
  " key TEXT, arguments TEXT NOT NULL, outcome TEXT NOT NULL"
  "  CHECK (outcome IN ('sent', 'done', 'failed', 'in_doubt')),"
  " status INTEGER NOT NULL, remote_id TEXT, message TEXT, ended TEXT"
  ") STRICT;"
  "CREATE INDEX call_unsettled ON call(id)"
  " WHERE outcome IN ('sent', 'in_doubt');"
  "CREATE TABLE made("
  " service TEXT NOT NULL, profile TEXT NOT NULL, account TEXT NOT NULL,"
  " operation TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL,"
  " remote_id TEXT NOT NULL, call INTEGER NOT NULL,"
  " PRIMARY KEY (" THING ")"
  ") STRICT, WITHOUT ROWID;";

/* call is no foreign key that SQLite enforces: both tables are tidied by rules
   of their own. */
const char store_schema_2[] =
  "CREATE TABLE exchange("
  " id INTEGER PRIMARY KEY AUTOINCREMENT, call INTEGER, at TEXT NOT NULL,"
  " service TEXT NOT NULL, profile TEXT NOT NULL, operation TEXT NOT NULL,"
  " effect TEXT NOT NULL, what TEXT NOT NULL, method TEXT NOT NULL,"
  " url TEXT NOT NULL, request_head TEXT, request_body TEXT,"
  " request_note TEXT, files TEXT, outcome TEXT NOT NULL"
  "  CHECK (outcome IN ('sent', 'done', 'failed', 'in_doubt')),"
  " reply_head TEXT, reply_body TEXT, reply_note TEXT, times TEXT,"
  " kind TEXT, message TEXT, status INTEGER NOT NULL,"
  " attempts INTEGER NOT NULL, seconds REAL NOT NULL,"
  " insecure INTEGER NOT NULL, request_cut INTEGER NOT NULL,"
  " reply_cut INTEGER NOT NULL) STRICT;"
  "CREATE UNIQUE INDEX exchange_call ON exchange(call)"
  " WHERE call IS NOT NULL;";

/* The newest calls, as far as schema 1 knew them. */
const char store_upgrade_2[] =
  "INSERT INTO exchange(call, at, service, profile, operation, effect, what,"
  " method, url, request_body, reply_note, outcome, message, status,"
  " attempts, seconds, insecure, request_cut, reply_cut)"
  " SELECT id, replace(at, 'Z', '.000Z'), service, profile, operation, effect,"
  " coalesce(key, scope), '', '', nullif(arguments, ''),"
  " 'recorded by an errand that kept no replies', outcome, message, status,"
  " 0, 0, 0, 0, 0 FROM (SELECT * FROM call ORDER BY id DESC LIMIT 1000)"
  " ORDER BY id;";

/* The journal of runs. Times are seconds since 1970, but for those of events:
   what is hashed is text. A run's key is its own as long as it is live. */
const char store_schema_3[] =
  "CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL)"
  " STRICT, WITHOUT ROWID;"
  "INSERT INTO meta VALUES ('epoch', '0'),"
  " ('key', lower(hex(randomblob(32))));"
  "CREATE TABLE source(digest TEXT PRIMARY KEY, text TEXT) STRICT;"
  "CREATE TABLE source_set(digest TEXT PRIMARY KEY, names TEXT NOT NULL)"
  " STRICT;"
  "CREATE TABLE run("
  " id TEXT PRIMARY KEY, workflow TEXT NOT NULL, key TEXT NOT NULL,"
  " state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'sleeping',"
  "  'waiting', 'held', 'in_doubt', 'diverged', 'stalled', 'undoing', 'done',"
  "  'undone', 'failed', 'abandoned', 'cancelled')),"
  " input TEXT NOT NULL, input_digest TEXT NOT NULL, output TEXT, error TEXT,"
  " seed TEXT NOT NULL, source_set TEXT NOT NULL, file TEXT,"
  " host_version TEXT NOT NULL, parent TEXT, owner TEXT,"
  " epoch INTEGER NOT NULL, wanted TEXT, wake_at REAL, deadline REAL,"
  " crashes INTEGER NOT NULL, done_count INTEGER NOT NULL,"
  " created REAL NOT NULL, started REAL, ended REAL, changed REAL NOT NULL"
  ") STRICT;"
  "CREATE UNIQUE INDEX run_live ON run(workflow, key) WHERE state NOT IN"
  " ('done', 'undone', 'failed', 'abandoned', 'cancelled');"
  "CREATE INDEX run_created ON run(created);"
  "CREATE TABLE step("
  " seq INTEGER PRIMARY KEY,"
  " run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
  " path TEXT NOT NULL, ordinal INTEGER NOT NULL,"
  " parent TEXT, kind TEXT NOT NULL, class TEXT, operation TEXT,"
  " args_digest TEXT, args TEXT, body_digest TEXT, op_key TEXT,"
  " state TEXT NOT NULL CHECK (state IN ('intent', 'done', 'failed', 'doubt',"
  "  'skipped')), attempt INTEGER NOT NULL, before TEXT, inverse TEXT,"
  " value TEXT, error TEXT, status INTEGER, remote_id TEXT, request_id TEXT,"
  " seconds REAL, found INTEGER, intent_at REAL, boot_id TEXT,"
  " intent_mono REAL, retry_at REAL, wake_at REAL, done_at REAL,"
  " done_seq INTEGER, undo_state TEXT CHECK (undo_state IN ('intent', 'done',"
  "  'failed', 'doubt', 'disabled')), undo TEXT, undo_error TEXT, undo_at REAL,"
  " undo_boot_id TEXT, undo_mono REAL, undo_attempt INTEGER,"
  " UNIQUE (run, path)) STRICT;"
  "CREATE TABLE attempt("
  " run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
  " path TEXT NOT NULL, phase TEXT NOT NULL CHECK (phase IN ('do', 'undo')),"
  " n INTEGER NOT NULL, started REAL NOT NULL, ended REAL,"
  " outcome TEXT NOT NULL, message TEXT, http_status INTEGER,"
  " request_id TEXT, seconds REAL, PRIMARY KEY (run, path, phase, n)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE decision("
  " run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
  " path TEXT NOT NULL, ask TEXT, deadline REAL, on_timeout TEXT,"
  " approved INTEGER, by TEXT, at REAL, comment TEXT,"
  " PRIMARY KEY (run, path)) STRICT, WITHOUT ROWID;"
  /* No REFERENCES: the chain outlives the runs. */
  "CREATE TABLE event("
  " seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT, run TEXT NOT NULL,"
  " path TEXT, actor TEXT, type TEXT NOT NULL, data TEXT,"
  " prev_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT;"
  "CREATE INDEX event_run ON event(run);"
  "CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN"
  " SELECT raise(ABORT, 'events are never deleted'); END;"
  "CREATE TRIGGER event_is_final BEFORE UPDATE ON event"
  " WHEN new.type IS NOT 'pruned' OR new.hash IS NOT old.hash"
  " OR new.prev_hash IS NOT old.prev_hash OR new.seq IS NOT old.seq"
  " OR new.run IS NOT old.run BEGIN"
  " SELECT raise(ABORT, 'events are never changed'); END;";

/* Schedules: a row for every slot; one that covers several stands for slots
   that were too old to be kept when they were noticed. at, due, since and
   last_slot are whole seconds since 1970, so that a slot has one identity.
   Events of which nothing but their place in the chain matters are folded: the
   last of a stretch stands for all, data says for how many. */
#define HOLLOW "('pruned', 'prune', 'fold', 'folded')"
const char store_schema_4[] =
  "CREATE TABLE schedule("
  " name TEXT PRIMARY KEY, digest TEXT NOT NULL, definition TEXT NOT NULL,"
  " file TEXT, since INTEGER NOT NULL, last_slot INTEGER,"
  " state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'held',"
  "  'gone')), why TEXT, actor TEXT, changed REAL NOT NULL"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE slot("
  " id INTEGER PRIMARY KEY AUTOINCREMENT, schedule TEXT NOT NULL,"
  " at INTEGER NOT NULL,"
  " kind TEXT NOT NULL CHECK (kind IN ('slot', 'hand', 'boot')), boot TEXT,"
  " due INTEGER NOT NULL, local_time TEXT, flags TEXT,"
  " collapsed INTEGER NOT NULL DEFAULT 0, times TEXT,"
  " covers INTEGER NOT NULL DEFAULT 1,"
  " catchup INTEGER NOT NULL DEFAULT 0,"
  " state TEXT NOT NULL CHECK (state IN ('due', 'started', 'running',"
  "  'ended', 'skipped')),"
  " outcome TEXT, reason TEXT, note TEXT, actor TEXT, run TEXT,"
  " attempt INTEGER NOT NULL DEFAULT 0, pid INTEGER, boot_id TEXT,"
  " code INTEGER, signal TEXT, seconds REAL, peak INTEGER, output INTEGER,"
  " dropped INTEGER, made REAL NOT NULL, started REAL, ended REAL,"
  " CHECK ((state = 'ended') = (outcome IS NOT NULL)),"
  " CHECK ((state IN ('ended', 'skipped')) = (ended IS NOT NULL)),"
  " UNIQUE (schedule, at, kind)) STRICT;"
  "CREATE INDEX slot_open ON slot(schedule, due)"
  " WHERE state IN ('due', 'started', 'running');"
  "CREATE INDEX slot_at ON slot(at);"
  "CREATE INDEX slot_run ON slot(run) WHERE run IS NOT NULL;"
  "CREATE UNIQUE INDEX slot_boot ON slot(schedule, boot)"
  " WHERE boot IS NOT NULL;"
  "CREATE TABLE outbox("
  " id INTEGER PRIMARY KEY AUTOINCREMENT, schedule TEXT, slot INTEGER,"
  " channel TEXT NOT NULL, body TEXT NOT NULL, due REAL NOT NULL,"
  " expires REAL, tries INTEGER NOT NULL, made REAL NOT NULL, sent REAL,"
  " failed REAL, message TEXT) STRICT;"
  "CREATE INDEX outbox_due ON outbox(due)"
  " WHERE sent IS NULL AND failed IS NULL;"
  "CREATE INDEX outbox_order ON outbox(schedule, channel, id)"
  " WHERE sent IS NULL AND failed IS NULL;"
  "CREATE INDEX run_ended ON run(workflow, ended) WHERE state IN"
  " ('done', 'undone', 'failed', 'abandoned', 'cancelled');"
  "DROP TRIGGER event_stays;"
  "DROP TRIGGER event_is_final;"
  "CREATE INDEX event_folded ON event(seq) WHERE type = 'folded';"
  "CREATE TRIGGER event_stays BEFORE DELETE ON event"
  " WHEN old.type NOT IN " HOLLOW " OR NOT EXISTS (SELECT 1 FROM event"
  "  WHERE type = 'folded' AND seq > old.seq"
  "  AND seq - CAST(data AS INTEGER) < old.seq) BEGIN"
  " SELECT raise(ABORT, 'events are never deleted'); END;"
  "CREATE TRIGGER event_is_final BEFORE UPDATE ON event"
  " WHEN new.hash IS NOT old.hash OR new.seq IS NOT old.seq"
  " OR NOT CASE new.type"
  "  WHEN 'pruned' THEN new.prev_hash IS old.prev_hash"
  "   AND new.run IS old.run AND old.type NOT IN ('prune', 'fold', 'folded')"
  "  WHEN 'folded' THEN old.type IN " HOLLOW
  "   AND new.prev_hash IS (SELECT prev_hash FROM event"
  "    WHERE seq > new.seq - CAST(new.data AS INTEGER) ORDER BY seq LIMIT 1)"
  "  ELSE 0 END BEGIN"
  " SELECT raise(ABORT, 'events are never changed'); END;";

/* From when to when a schedule was paused or held; still, where ended is null.
   Those that are evaluated past are forgotten. Of a schedule that somebody had
   let go on, one of schema 4 knew when, but not since when it had stood. */
const char store_schema_5[] =
  "CREATE TABLE pause("
  " schedule TEXT NOT NULL REFERENCES schedule(name) ON DELETE CASCADE,"
  " began REAL NOT NULL, ended REAL) STRICT;"
  "CREATE INDEX pause_schedule ON pause(schedule, began);"
  "INSERT INTO pause(schedule, began) SELECT name, changed FROM schedule"
  " WHERE state IN ('paused', 'held') OR state = 'gone'"
  "  AND (actor IS NOT NULL OR why IS NOT NULL);"
  "INSERT INTO pause(schedule, began, ended)"
  " SELECT name, coalesce(last_slot, since), changed FROM schedule"
  " WHERE state = 'active' AND actor IS NOT NULL;";
