"""Every setting of Solidata: its default, and what it is for.

Settings are read from environment variables of these names, nothing else; this file only documents them
(a test holds it against `solidata_api/settings.py`). In modes preprod and production the service refuses to
start without SECRET_KEY, FRONT_URL and MAIL_SERVER. Secrets may lie in files: SECRET_KEY_FILE, MONGO_URI_FILE and
MAIL_PASSWORD_FILE name them, and count where the variable itself is not set.
"""

# How it runs: dev (mails to the console and DATA_DIR/outbox), dev_email (sends them), preprod, production.
MODE = "dev"
# The address and port that the web server listens on.
HOST = "127.0.0.1"
PORT = 4000
# Where the embedded database, tables, caches and mails of mode dev are kept.
DATA_DIR = "data"
# A MongoDB replica set, mongodb://…; empty: an embedded server under DATA_DIR.
MONGO_URI = ""
# The name of the database there.
MONGO_DATABASE = "solidata"
# Where tables and uploads are kept, as an fsspec URL such as s3://bucket/solidata; empty: DATA_DIR/tables.
DATA_URL = ""
# A Dask scheduler, tls://host:8786; empty: worker processes of our own.
DASK_SCHEDULER = ""
# Files for its TLS, in PEM: our own certificate authority, and the certificate and key that every part shows.
DASK_TLS_CA = ""
DASK_TLS_CERT = ""
DASK_TLS_KEY = ""
# Signs tokens and cursors: 32 characters or more; in dev modes made at first start and kept in DATA_DIR.
SECRET_KEY = ""
# The base of the links in mails; empty: the service itself, which has a small page for each.
FRONT_URL = ""
# The base of share links: where this service is reached, if that is not at FRONT_URL.
API_URL = ""
# Origins that browsers may call from, separated by commas; empty in dev modes: FRONT_URL and any localhost.
CORS_ORIGINS = ""
# Host names that requests may be addressed to, such as data.example.org or .example.org; empty: any.
TRUSTED_HOSTS = ""
# How many proxies of yours stand in front: so many entries of X-Forwarded-For, -Proto and -Host are believed.
TRUSTED_PROXIES = 0
# Who may make an account: open (everybody), invitation (whose address was invited), closed (nobody).
SIGN_UP = "open"
# Log-ins tried: an account from one place; all accounts from one address; all from places that are new to the account.
# Rates are counted over all processes; mode dev multiplies them by 20; `off` lifts one.
RATE_LOGIN = "10/5 minutes; 100/5 minutes; 1000/5 minutes"
# Registrations and mails asked for (passwords forgotten, confirmations, new addresses) from one network address, all
# together; as many invitations by one account.
RATE_REGISTER = "60/hour"
# Mails that somebody asks for, to one recipient and of one kind: confirmations, forgotten passwords, new addresses,
# invitations. The kinds are counted apart, so that a stranger who asks for some keeps nobody from resetting a password.
RATE_MAIL = "3/hour"
# Reads without an account from one network address.
RATE_ANON_READ = "600/minute"
# Web server processes, and threads in each: as many requests as their product are served at once.
WEB_PROCESSES = 2
WEB_THREADS = 128
# Worker processes for jobs, besides the one kept for short work.
JOB_WORKERS = 2
# Memory that one worker process may use, in megabytes; a job that needs more fails and says so.
WORKER_MEMORY_MB = 2048
# How long a job may run, in seconds, and how often it is tried when its worker is killed.
JOB_TIME_LIMIT_S = 3600
JOB_ATTEMPTS = 2
# How long previews and suggestions may take, in seconds.
SHORT_TIME_LIMIT_S = 10
# The largest upload, in megabytes.
MAX_UPLOAD_MB = 500
# The largest JSON body, in kilobytes, and how deep it may be nested.
MAX_JSON_KB = 1024
MAX_JSON_DEPTH = 32
# The most columns of a table, and the largest cell, in kilobytes.
MAX_COLUMNS = 2000
MAX_CELL_KB = 1024
# Addresses that datasets may be fetched from although they are not public, as exact host:port, separated by commas.
FETCH_ALLOW = ""
# How long one fetch may take with all attempts and pages, in seconds; how often an answer is tried; the most pages.
FETCH_TIMEOUT_S = 600
FETCH_ATTEMPTS = 3
FETCH_MAX_PAGES = 1000
# Rows in one Parquet part file.
PART_ROWS = 250000
# Disk for tables ready to be read, in megabytes; what was not read for longest goes first, and is made again.
SERVING_CACHE_MB = 10240
# Disk for the indexes of searched tables, in megabytes, likewise.
SEARCH_CACHE_MB = 4096
# Disk for exported files, in megabytes; what was not read for longest goes first, and is made again. How long making
# one may take, in seconds.
EXPORT_CACHE_MB = 5120
EXPORT_TIME_LIMIT_S = 600
# Disk for what steps of builds made, in megabytes: a build after a change of one step begins there. What was not used
# for longest goes first. 0: nothing is kept.
KEPT_STEPS_MB = 4096
# Memory of each web process for answers of rows, groups and profiles that are asked again, in megabytes.
ANSWER_CACHE_MB = 64
# How many seconds engines may work for one caller within a minute, over all processes; 0: without limit. A caller is an
# account, or the network that somebody without one asks from.
ENGINE_SECONDS = 60
# Memory of each web process for the tables that it has open, in megabytes; those not read for longest are closed first.
SERVING_MEMORY_MB = 1024
# How long one query of rows may take, in seconds, and its memory, in megabytes.
QUERY_TIME_LIMIT_S = 10
QUERY_MEMORY_MB = 512
# How long an access token is good, in minutes, and a refresh token that is not used, in days.
ACCESS_TOKEN_MINUTES = 15
REFRESH_TOKEN_DAYS = 30
# How long the link in a mail is good, in hours.
MAIL_LINK_HOURS = 24
# How long an invitation is good, and the longest life of a share link, in days.
INVITATION_DAYS = 14
SHARE_LINK_DAYS = 366
# How long the answer to a request with an Idempotency-Key is kept, in hours.
IDEMPOTENCY_HOURS = 24
# How long the file of an import that failed, or of a draft, is kept, to be read again by a retry.
UPLOAD_HOURS = 24
# How long the owners of a deleted dataset can take it back; 0: it is gone at once.
TRASH_DAYS = 7
# How many versions of a dataset are kept, and for how many days, 0: for ever; the current one always stays.
KEEP_VERSIONS = 50
KEEP_VERSIONS_DAYS = 0
# How many seconds a stale project rests, after its last change, before it is built by itself where that is asked for.
REBUILD_AFTER_S = 10
# The most files that one table is made of, by reloads that append or upsert.
MAX_LOADS = 100
# The most people of a team, API keys of an account, waiting invitations of a document, share links of a dataset.
MAX_TEAM = 1000
MAX_KEYS = 50
MAX_INVITATIONS = 200
MAX_LINKS = 100
# The server that mails are sent through, and whether with STARTTLS.
MAIL_SERVER = ""
MAIL_PORT = 25
MAIL_USE_TLS = False
# The account there, if it needs one.
MAIL_USERNAME = ""
MAIL_PASSWORD = ""
# Who the mails are from.
MAIL_SENDER = "Solidata <no-reply@localhost>"
# How long the server may take to answer, in seconds, and how often a mail is tried, ever more seldom, over two days.
MAIL_TIMEOUT_S = 10
MAIL_ATTEMPTS = 12
# The least severe level that is logged: DEBUG, INFO, WARNING, ERROR.
LOG_LEVEL = "INFO"
# A folder where the web processes share their figures for /health/metrics; set by appserver.py.
PROMETHEUS_MULTIPROC_DIR = ""
