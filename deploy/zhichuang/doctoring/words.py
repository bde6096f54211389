"""Every finding in plain words, in both languages: what is wrong, and what helps."""

from typing import Final

LANGUAGES: Final = ("zh", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "NO_DATA": (
        "{home} 中没有数据。请设置 ZHICHUANG_HOME，或先运行 `make up`。",
        "There is no data in {home}. Set ZHICHUANG_HOME, or run `make up` first.",
    ),
    "DATABASE_UNREACHABLE": (
        "无法连接 {service} 的数据库：{reason}。请启动数据库（`make up`），或检查 ZHICHUANG_DATABASE_URL。",
        "The database of {service} cannot be reached: {reason}. Start it (`make up`), or look at ZHICHUANG_DATABASE_URL.",
    ),
    "DATABASE_READ_ONLY": (
        "{service} 连到的是只读副本，无法写入。请检查地址，或将该副本提升为主库。",
        "{service} reaches a read-only replica and cannot write. Look at the address, or promote the replica.",
    ),
    "DATABASE_TOO_OLD": (
        "{service} 的 PostgreSQL 是 {version} 版，至少需要 18。请用 pg_upgrade 升级。",
        "PostgreSQL of {service} is {version}; 18 or newer is needed. Upgrade it with pg_upgrade.",
    ),
    "CHINESE_NOT_SEEN": (
        "{service} 的数据库不识别汉字（LC_CTYPE={locale}），中文检索不会报错，但查不到结果。请用 LC_CTYPE=C.UTF-8 重建集群。",
        "The database of {service} sees no Chinese letters (LC_CTYPE={locale}): searches silently find nothing. Make the cluster anew with LC_CTYPE=C.UTF-8.",
    ),
    "MIGRATIONS_BEHIND": (
        "{service} 的数据库停在迁移 {found}，程序需要 {wanted}。请运行 `python -m shared.database.migrate {package}`。",
        "The database of {service} is at migration {found}, and the program needs {wanted}. Run `python -m shared.database.migrate {package}`.",
    ),
    "MIGRATIONS_AHEAD": (
        "{service} 的数据库处于本版本不认识的迁移 {found}：数据库比程序新。请升级程序。",
        "The database of {service} is at migration {found}, which this version does not know: it is newer than the program. Upgrade the program.",
    ),
    "CLOCK_SKEW": (
        "{service} 的数据库服务器时钟与本机相差 {seconds} 秒。令牌与时限会出错，请检查两边的时间同步（NTP）。",
        "The clock of {service}'s database server differs from this machine's by {seconds} s. Tokens and time limits go wrong: look at time synchronization (NTP) on both.",
    ),
    "OUTBOX_LAG": (
        "{service} 有 {count} 个事件尚未编号，最早的已等待 {seconds} 秒。事件流与推送均已停止：请查看该服务的编号进程是否在运行。",
        "{count} events of {service} have no position yet, the oldest for {seconds} s. Feeds and webhooks stand still: see whether a process of that service numbers them.",
    ),
    "LOG_LAG": (
        "账本日志有 {count} 条记录尚未入树，最早的已等待 {seconds} 秒。在此之前无法出具凭证：请查看 ip-ledger 的编号进程。",
        "{count} records wait for a leaf of the ledger's log, the oldest for {seconds} s. No receipts come: see whether the ip-ledger's sequencer runs.",
    ),
    "CHECKPOINT_LAG": (
        "账本日志有 {count} 个叶节点尚未被检查点覆盖。请查看 ip-ledger 的签名密钥和日志。",
        "{count} leaves of the ledger's log are in no signed checkpoint. Look at the ip-ledger's signing key and its logs.",
    ),
    "QUEUE_DEEP": (
        "{service} 的任务队列中有 {count} 个任务，最早的已等待 {seconds} 秒。请查看后台进程，或增加一个副本。",
        "{count} jobs of {service} wait, the oldest for {seconds} s. Look at its background process, or start another replica.",
    ),
    "WEBHOOK_LAG": (
        "有 {count} 个推送已到期未送，最早的晚了 {seconds} 秒。请查看网关的投递进程。",
        "{count} webhook deliveries are due, the oldest since {seconds} s. Look at the gateway's delivering process.",
    ),
    "DISK_NEARLY_FULL": (
        "{folder} 所在磁盘只剩 {free} MB（{percent}%）。请腾出空间；写满后数据库会停止写入。",
        "The disk of {folder} has {free} MB left ({percent} %). Free some space: the database stops writing when it is full.",
    ),
    "SIGNING_KEY_MISSING": (
        "当前没有可用的令牌签名密钥，无法签发令牌。请运行 `zhichuang rotate-keys`。",
        "No key signs tokens now, and nobody gets one. Run `zhichuang rotate-keys`.",
    ),
    "SIGNING_KEY_OLD": (
        "令牌签名密钥已用 {days} 天（约定 {limit} 天）。请运行 `zhichuang rotate-keys`。",
        "The key that signs tokens is {days} days old ({limit} were agreed). Run `zhichuang rotate-keys`.",
    ),
    "DATA_KEY_MISSING": (
        "没有设置个人数据的加密密钥（ZHICHUANG_DATA_KEYS、ZHICHUANG_DATA_KEY）：一旦更换服务密钥，这些数据将无法解密。",
        "There is no key for personal data (ZHICHUANG_DATA_KEYS, ZHICHUANG_DATA_KEY): whoever changes the service's secret loses that data.",
    ),
    "DATA_KEY_UNUSABLE": (
        "个人数据的加密密钥不可用：{reason}。",
        "The keys for personal data cannot be used: {reason}.",
    ),
    "DATA_KEY_LOST": (
        "{service} 中有以密钥 {names} 加密的数据，但当前没有这些密钥。请从备份中找回。",
        "{service} holds data sealed with {names}, and those keys are not here. Find them in a backup.",
    ),
    "DEFAULT_SECRET": (
        "ZHICHUANG_SECRET 仍是默认值，任何人都能伪造列表游标。请设置一个秘密值。",
        "ZHICHUANG_SECRET still has its default: anyone can make cursors up. Set a secret one.",
    ),
    "LOG_KEY_MISSING": (
        "账本日志的签名密钥 {file} 缺失，而已有检查点由它签署。请从备份中找回，不要新建。",
        "The key of the ledger's log, {file}, is missing although checkpoints are signed with it. Find it in a backup; do not make a new one.",
    ),
    "PORT_TAKEN": (
        "端口 {port} 已被其他程序占用。请停止该程序，或换一个端口：ZHICHUANG_PORT={other} make up",
        "Port {port} is taken by another program. Stop it, or choose another: ZHICHUANG_PORT={other} make up",
    ),
    "NOT_READY": (
        "{service}（{url}）没有就绪：{reason}。",
        "{service} ({url}) is not ready: {reason}.",
    ),
    "ARCHIVE_FAILING": (
        "预写日志归档失败 {count} 次，最近一次是 {piece}。磁盘会逐渐写满，且无法恢复到某一时刻：请检查归档目录。",
        "Archiving the write-ahead log failed {count} times, last for {piece}. The disk fills up, and no moment can be recovered: look at the archive's folder.",
    ),
    "HOUSEKEEPING_FAILING": (
        "{service} 的例行任务 {chores} 最近一次没有成功（{problem}）。请查看该服务的日志；每分钟会重试。",
        "The chore {chores} of {service} failed when it was last tried ({problem}). Look at that service's logs; it is tried again every minute.",
    ),
    "CONNECTIONS_USED": (
        "数据库连接用了 {used} 个，上限 {limit} 个。请减少连接池或副本，或提高 max_connections。",
        "{used} of {limit} database connections are in use. Make pools or replicas fewer, or raise max_connections.",
    ),
}

ALL_WELL: Final = ("一切正常：共检查 {count} 项。", "All is well: {count} things were looked at.")


def said(code: str, language: str, **figures: object) -> str:
    """Say a finding in a language."""
    return WORDS[code][LANGUAGES.index(language)].format(**figures)
