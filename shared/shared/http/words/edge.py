"""What any service or the door answers by itself, and state and repetition."""

from typing import Final

from shared.http.wording import Words

CODES: Final[dict[str, Words]] = {
    # The edge itself
    "BODY_UNREADABLE": Words(400, "请求体无法解析", "The body cannot be read"),
    "REQUEST_UNREADABLE": Words(400, "请求无法解析", "The request cannot be read"),
    "CONTENT_DIGEST_MISMATCH": Words(
        400, "内容摘要与请求体不符", "Content-Digest does not match the body"
    ),
    "UNAUTHENTICATED": Words(401, "缺少有效的访问令牌", "A valid access token is required"),
    "ADDRESS_NOT_ALLOWED": Words(
        403,
        "此程序不得从该网络地址访问",
        "This program may not speak from this address",
    ),
    "FORBIDDEN_SCOPE": Words(403, "您的身份无权进行此操作", "Your role may not do this"),
    "NOT_FOUND": Words(404, "不存在或不属于您", "There is none, or it is not yours"),
    "METHOD_NOT_ALLOWED": Words(
        405, "该地址不支持此请求方法", "This address does not take this method"
    ),
    "VERSION_CONFLICT": Words(
        412,
        "版本已变化，请重新读取|（当前版本 {current}）",
        "It has changed since you read it| (now version {current})",
    ),
    "REQUEST_TIMEOUT": Words(408, "请求超时", "The request took too long to arrive"),
    "BODY_TOO_LARGE": Words(
        413,
        "请求体过大|（上限 {max_bytes} 字节）",
        "The body is too large| (at most {max_bytes} bytes)",
    ),
    "ROWS_TOO_MANY": Words(
        413, "行数过多|（此方式最多 {max_rows} 行）", "Too many rows| (at most {max_rows} this way)"
    ),
    "URI_TOO_LONG": Words(414, "地址过长", "The address is too long"),
    "UNSUPPORTED_MEDIA_TYPE": Words(
        415,
        "不支持的内容类型|（可用：{accepted}）",
        "This media type is not taken| (taken: {accepted})",
    ),
    "CONTENT_INVALID": Words(422, "请求内容不符合规定", "The content does not fit"),
    "FIELD_MISSING": Words(422, "缺少字段 {field}", "Field {field} is missing"),
    "FIELD_UNKNOWN": Words(422, "未知字段 {field}", "Field {field} is unknown"),
    "FIELD_INVALID": Words(
        422,
        "字段 {field} 的值不符合规定|：{expected}",
        "The value of {field} does not fit|: {expected}",
    ),
    "PARAMETER_UNKNOWN": Words(422, "未知参数 {field}", "Parameter {field} is unknown"),
    "PARAMETER_REPEATED": Words(422, "参数 {field} 重复", "Parameter {field} stands twice"),
    "CURSOR_MISMATCH": Words(
        422, "游标与筛选条件不符", "The cursor does not belong to these filters"
    ),
    "PRECONDITION_REQUIRED": Words(428, "请求须带 If-Match", "If-Match is required"),
    "IDEMPOTENCY_KEY_REQUIRED": Words(
        428, "请求须带 Idempotency-Key", "Idempotency-Key is required"
    ),
    "IDEMPOTENCY_KEY_INVALID": Words(
        400, "Idempotency-Key 应为 1–255 个可见字符", "Idempotency-Key has 1–255 visible characters"
    ),
    "RATE_LIMITED": Words(429, "请求过于频繁", "Too many requests"),
    "HEADERS_TOO_LARGE": Words(431, "请求头过大", "The headers are too large"),
    "INTERNAL": Words(500, "服务内部错误，已记录", "An internal error, which has been recorded"),
    "METHOD_UNKNOWN": Words(501, "未知的请求方法", "Unknown method"),
    "OVERLOADED": Words(
        503, "系统繁忙，请稍后重试", "The door is overloaded; try again in a moment"
    ),
    "UNAVAILABLE": Words(
        503, "暂时无法提供服务|（{service}）", "Not available for now| ({service})"
    ),
    "TOO_MANY_AT_ONCE": Words(
        429,
        "同时进行的请求或连接过多，请待其结束|（上限 {most}）",
        "Too many of yours are under way; wait for one to end| (at most {most})",
    ),
    "ANSWER_TIMEOUT": Words(
        504,
        "服务未在时限内答复|（{seconds} 秒）；写入请以同一幂等键重试",
        "The service did not answer in time| ({seconds} s); repeat a write under the same key",
    ),
    # State and repetition
    "IDEMPOTENCY_MISMATCH": Words(
        409, "同一幂等键已用于不同内容", "This Idempotency-Key was used with another body"
    ),
    "IDEMPOTENCY_IN_PROGRESS": Words(
        409, "同一幂等键的请求正在处理", "The first request with this Idempotency-Key still runs"
    ),
    "IDEMPOTENCY_ERASED": Words(
        409,
        "同一幂等键的请求已办理，其应答所含个人信息已删除",
        "The request with this Idempotency-Key was done; personal data in its answer was erased",
    ),
    "STATE_CONFLICT": Words(
        409, "当前状态不允许此操作|（{state}）", "Its state does not allow this| ({state})"
    ),
    "ALREADY_EXISTS": Words(409, "已存在|：{key}", "It exists already|: {key}"),
    "EXTERNAL_ID_MISMATCH": Words(
        409, "同一外部编号已报送过不同内容", "This external_id was posted with other content"
    ),
    "STALE_INPUT": Words(409, "所依据的数据已变化", "What it was computed from has changed"),
    "CLOCK_BACKWARDS": Words(
        409, "时钟不能倒退|（当前 {now}）", "The clock never goes back| (now {now})"
    ),
    "NOT_YET_SEQUENCED": Words(409, "尚未写入日志，请稍后", "Not yet covered by a checkpoint"),
    # What several services ask alike
    "USCC_FORMAT": Words(422, "统一社会信用代码格式错误", "The USCC is malformed"),
    "USCC_CHECK_DIGIT": Words(
        422,
        "统一社会信用代码校验位错误|（应为 {expected}）",
        "The USCC's check character is wrong| (should be {expected})",
    ),
    "SOD_VIOLATION": Words(
        403,
        "同一人不得在同一案件中兼任|（已作为 {held}）",
        "The same person may not do both in one case| (already {held})",
    ),
    "DAYS_REVERSED": Words(422, "结束日早于开始日", "The last day lies before the first"),
    "DAY_IN_FUTURE": Words(
        422, "日期在未来|（今天为 {today}）", "The day lies ahead| (today is {today})"
    ),
    "DAYS_OUT_OF_ORDER": Words(422, "日期先后颠倒", "The days are out of order"),
    "FILE_UNKNOWN": Words(
        422,
        "没有这些文件或不属于您|：{file_ids}",
        "There are no such files, or not yours|: {file_ids}",
    ),
    "NUMBER_FORMAT": Words(422, "编号格式错误", "The number is malformed"),
    "CURRENCY_NOT_CNY": Words(
        422,
        "此处以人民币计；外币收支请先按当日汇率折算入账",
        "It is counted in CNY; other money is changed in the books first",
    ),
}
