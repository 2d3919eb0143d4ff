-- The search index over judged findings. The reports are the truth; this is made again from them.

-- One judgement of one window. Rows of a report that is not live are not shown: half written, or superseded and about to be deleted.
CREATE TABLE indexed_report (
  id     INTEGER PRIMARY KEY,
  window TEXT    NOT NULL,
  digest TEXT    NOT NULL,
  live   INTEGER NOT NULL CHECK (live IN (0, 1))
) STRICT;
CREATE INDEX indexed_report_by_window ON indexed_report (window);
CREATE INDEX indexed_report_dead ON indexed_report (id) WHERE live = 0; -- hardly ever any

-- Names that many findings share: controls and workloads.
CREATE TABLE finding_name (
  id   INTEGER PRIMARY KEY,
  name TEXT    NOT NULL UNIQUE
) STRICT;

-- The id is the order: minutes since 1970 of the window's start, then 27 bits that a finding keeps when its report is superseded.
-- So every index below ends in time, and full text comes newest first.
CREATE TABLE finding (
  id       INTEGER PRIMARY KEY,
  report   INTEGER NOT NULL,
  scope    INTEGER NOT NULL,
  state    INTEGER NOT NULL,                      -- violation, waived, excepted, unmapped
  severity INTEGER NOT NULL,                      -- 0 info to 4 critical
  control  INTEGER NOT NULL,                      -- 0: none speaks about it
  workload INTEGER NOT NULL,                      -- 0: not attributed
  action   TEXT,
  detail   TEXT    NOT NULL                       -- JSON: what is shown
) STRICT;
-- Of columns that never change. Every query names scope, state and severity, one by one where it does not care.
CREATE INDEX finding_top ON finding (scope, state, severity);
CREATE INDEX finding_by_control ON finding (scope, control, state, severity);
CREATE INDEX finding_by_workload ON finding (scope, workload, state, severity);
CREATE INDEX finding_by_report ON finding (report);

-- Contentless: the words lead to the row, which holds the text. "facets" are our own words for scope, state, severity and the like.
CREATE VIRTUAL TABLE finding_text USING fts5 (
  rule, workload, executable, target, command, pod, facets,
  content = '', contentless_delete = 1, tokenize = "unicode61 tokenchars '-_./:'"
);

-- What dashboards show: counts by window start and control, kept in the transaction in which a report becomes the live one.
CREATE TABLE rollup (
  starts   INTEGER NOT NULL,
  scope    INTEGER NOT NULL,
  control  INTEGER NOT NULL,
  report   INTEGER NOT NULL,
  info     INTEGER NOT NULL,                      -- violations by severity
  low      INTEGER NOT NULL,
  medium   INTEGER NOT NULL,
  high     INTEGER NOT NULL,
  critical INTEGER NOT NULL,
  waived   INTEGER NOT NULL,
  excepted INTEGER NOT NULL,
  unmapped INTEGER NOT NULL,
  PRIMARY KEY (scope, starts, control, report)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollup_by_report ON rollup (report);

-- The same, added up over six hours and over days, so that a long time costs no more than a short one.
CREATE TABLE rollup_block (
  minutes  INTEGER NOT NULL,                      -- how long the block is: 360 or 1440
  starts   INTEGER NOT NULL,
  scope    INTEGER NOT NULL,
  control  INTEGER NOT NULL,
  info     INTEGER NOT NULL,
  low      INTEGER NOT NULL,
  medium   INTEGER NOT NULL,
  high     INTEGER NOT NULL,
  critical INTEGER NOT NULL,
  waived   INTEGER NOT NULL,
  excepted INTEGER NOT NULL,
  unmapped INTEGER NOT NULL,
  PRIMARY KEY (minutes, scope, starts, control)
) STRICT, WITHOUT ROWID;
