"""The pages on which people sign in: with the longest names, and after a refusal."""

from typing import Final

from gateway.grants import factor_pages, pages
from gateway.grants.pages import Form
from tests.pictures.drawing import Page

LONG: Final = "上海澄曜先进封装与异质集成共性技术制造业创新中心有限公司（示例）第二分公司"
FORM: Final = Form("/oauth/authorize", "token")
WRONG: Final = Form("/oauth/authorize", "token", "wrong")
WRONG_CODE: Final = Form("/oauth/authorize", "token", "wrong_code")
CHOICES: Final = [("", ""), ("1", LONG), ("2", "M02")]


SAMPLES: Final = (
    Page("sign-in", lambda: pages.sign_in_page(FORM, f"{LONG}门户", "zh")),
    Page("sign-in-refused", lambda: pages.sign_in_page(WRONG, "Portal", "en")),
    Page("sign-in-for-whom", lambda: pages.choosing_page(FORM, CHOICES, "zh")),
    Page("set-a-password", lambda: pages.password_page(Form("/", "t", "differ"), "zh")),
    Page(
        "authenticator",
        lambda: factor_pages.enrolling_page(FORM, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", LONG, "zh"),
    ),
    Page("second-factor", lambda: factor_pages.code_page(WRONG_CODE, "en")),
    Page(
        "recovery-codes",
        lambda: factor_pages.recovery_page(FORM, ["JBSW-Y3DP-EHPK-3PXP"] * 10, "zh"),
    ),
    Page("link-not-valid", lambda: pages.told_page("not_valid", "not_valid_why", "zh")),
)
