"""Kinds of personal data that can be told by their form, each with a check where there is one.

A pattern alone finds too much: one number in ten passes for a card's by its last digit alone.
Where the form has a checksum (cards: Luhn, ISO/IEC 7812-1; IBAN: mod 97, ISO 13616; the French
number of registration) or ranges (addresses of the internet, the United States' social security
numbers), it decides. What has neither (telephone numbers, dates) is found by how it is written,
and may be something else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

import regex

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24,
    "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24,
    "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country (the registry of ISO 13616)."""


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    Attributes
    ----------
    name
        As records name it.
    title
        As people read it, in the plural.
    hint
        A pattern of RE2 (pyarrow) that every cell with such data matches; it is looked for in whole
        columns at once.
    pattern
        What is looked for in the cells that are left.
    valid
        Whether what was found can be what it looks like.
    """

    name: str
    title: str
    hint: str
    pattern: regex.Pattern[str]
    valid: Callable[[str], bool] = lambda found: True


def luhn(number: str) -> bool:
    """Whether the digits of a number end in the check digit of Luhn's formula."""
    digits = [int(one) for one in number if one.isdecimal()]
    doubled = [2 * one - 9 * (one > 4) for one in digits[-2::-2]]
    return len(digits) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def iban(number: str) -> bool:
    """Whether an IBAN has its country's length and the right check digits."""
    plain = "".join(number.split()).upper()
    if IBAN_LENGTHS.get(plain[:2]) != len(plain) or not plain.isalnum() or not plain.isascii():
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def card(number: str) -> bool:
    """Whether a number begins as a card's of a known issuer, is as long, and passes Luhn's check.

    Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay and Maestro are known.
    """
    digits = "".join(one for one in number if one.isdecimal())
    known = _ISSUERS.match(digits)
    return known is not None and len(set(digits)) > 1 and luhn(digits)


def phone(number: str) -> bool:
    """Whether a number is as long as telephone numbers are (ITU-T E.164), and is no date."""
    digits = [one for one in number if one.isdecimal()]
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and not _DATE.fullmatch(number.strip())


def address(found: str) -> bool:
    """Whether it is an address of the internet protocol that may be someone's: no local one."""
    try:
        one = ipaddress.ip_address(found)
    except ValueError:
        return False
    return not (one.is_unspecified or one.is_loopback or one.is_multicast or one.is_reserved)


def social_security(number: str) -> bool:
    """Whether the United States could have given this social security number."""
    area, group, serial = number.replace(" ", "-").split("-")
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def registration(number: str) -> bool:
    """Whether a French number of registration (NIR) ends in its key: 97 minus the rest mod 97."""
    plain = "".join(number.split()).upper()
    body = plain[:13].replace("2A", "19").replace("2B", "18")
    return int(plain[13:]) == 97 - int(body) % 97


def coordinates(pair: str) -> bool:
    """Whether two numbers can be a latitude and a longitude."""
    latitude, longitude = (float(one) for one in regex.findall(r"[-+]?\d+\.\d+", pair))
    return abs(latitude) <= 90 and abs(longitude) <= 180


_DATE = regex.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}")
_ISSUERS = regex.compile(
    r"(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|62\d{14,17}|(?:50|5[6-8]|6[37])\d{10,17})$"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|"
    r"oktober|dezember)[a-z]*\.?"
)
DATE = (
    rf"(?:\d{{1,2}}[./-]\d{{1,2}}[./-](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d"
    rf"|\d{{1,2}}\.?(?:st|nd|rd|th)?\s{_MONTH},?\s(?:19|20)\d\d"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)"
)
"""A day of a year as people write it."""

_IBANS = "|".join(
    rf"{country}\d\d(?:\s?[a-z0-9]){{{length - 4}}}" for country, length in IBAN_LENGTHS.items()
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "email",
        "e-mail addresses",
        r"[^\s@]@[^\s@]+\.[^\s@]",
        regex.compile(
            r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+"
            r"\p{L}{2,24}(?![\w-])"
        ),
    ),
    Kind(
        "phone",
        "telephone numbers",
        r"(?:\+|\b00|\b0|\()\s?\d[\d\s().\-/]{5,}\d|\d{3}[\s.\-]\d{3}[\s.\-]\d{4}",
        regex.compile(
            r"(?<![\w.,+-])(?<!\d[ .\-/])"
            r"(?:(?:\+|00)\d{1,3}[\s.\-/]?(?:\(0\)[\s.\-/]?)?(?:\(?\d{1,5}\)?[\s.\-/]?)"
            r"(?:\d{2,8}[\s.\-/]?){1,5}|\(0?\d{2,5}\)[\s.\-/]?\d{2,5}(?:[\s.\-/]?\d{2,5}){0,3}"
            r"|0\d{2,4}[\s.\-/]\d{2,8}(?:[\s.\-/]?\d{2,5}){0,3}|\d{3}[\s.\-]\d{3}[\s.\-]\d{4})"
            r"(?<=\d)(?![\w]|[.,]\d)"
        ),
        phone,
    ),
    Kind(
        "iban",
        "account numbers (IBAN)",
        r"(?i)\b[a-z]{2}\d{2}(?:\s?[a-z0-9]){11,}",
        regex.compile(rf"(?i)(?<!\w)(?:{_IBANS})(?![a-z0-9])", regex.ASCII),
        iban,
    ),
    Kind(
        "card",
        "numbers of payment cards",
        r"\d(?:[ -]?\d){11,}",
        regex.compile(r"(?<![\w.+-])\d(?:[ -]?\d){11,18}(?![\w]|[.,-]\d)"),
        card,
    ),
    Kind(
        "ip",
        "addresses of the internet protocol",
        r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*:[0-9a-fA-F]{0,4}",
        regex.compile(
            r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
            r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){0,6}(?![\w:])"
        ),
        address,
    ),
    Kind(
        "profile",
        "links that name a user",
        r"(?i)https?://|www\.",
        regex.compile(
            r"(?i)(?:https?://[^\s/@:]+(?::[^\s/@]*)?@\S+"
            r"|(?:https?://|www\.)[^\s/]+/(?:@|~|u/|user/|users/|profile/|people/|in/)[^\s/?#]+\S*"
            r"|(?:https?://|www\.)(?:[\w-]+\.)?(?:twitter|x|facebook|instagram|github|tiktok|vk)"
            r"\.com/[\w.-]{2,}(?![\w.-]))"
        ),
    ),
    Kind(
        "handle",
        "names of accounts (@name)",
        r"(?:^|[^\w@.])@\w{2,}",
        regex.compile(r"(?<![\w@./])@[A-Za-z_]\w{1,29}(?![\w@]|\.\w)"),
    ),
    Kind(
        "birth",
        "dates of birth",
        r"(?i)\b(?:born|birth|birthday|dob|d\.o\.b|geboren|geb\.|né|née|nacid[oa])",
        regex.compile(
            rf"(?i)\b(?:born|birth(?:day|date)?|date of birth|dob|d\.o\.b|geboren|geb\.|née?|"
            rf"nacid[oa])[^\d\n]{{0,20}}?(?:{DATE})"
        ),
    ),
    Kind(
        "social_security",
        "numbers of social security",
        r"\b\d{3}[- ]\d{2}[- ]\d{4}\b",
        regex.compile(r"(?<![\w-])\d{3}(?P<s>[- ])\d{2}(?P=s)\d{4}(?![\w]|-\d)"),
        social_security,
    ),
    Kind(
        "national_insurance",
        "British numbers of national insurance",
        r"\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b",
        regex.compile(
            r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
            r"\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b"
        ),
    ),
    Kind(
        "registration",
        "French numbers of registration",
        r"\b[12]\s?\d{2}\s?\d{2}\s?\d[0-9AB]\s?\d{3}\s?\d{3}\s?\d{2}\b",
        regex.compile(
            r"(?<!\w)[12]\s?\d{2}\s?(?:0[1-9]|1[0-2]|[2-9]\d)\s?(?:\d{2}|2[AB])"
            r"\s?\d{3}\s?\d{3}\s?\d{2}(?!\w)"
        ),
        registration,
    ),
    Kind(
        "coordinates",
        "pairs of coordinates",
        r"\d\.\d{4,}\s*[,;]\s*[-+]?\d",
        regex.compile(r"(?<![\w.])[-+]?\d{1,2}\.\d{4,}\s*[,;]\s*[-+]?\d{1,3}\.\d{4,}(?![\w]|\.\d)"),
        coordinates,
    ),
)
"""Every kind, in the order in which they are told."""
