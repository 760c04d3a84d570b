"""Whom a clause is about: the noun phrase at its beginning.

    老王笑着说              老王
    那个穿黑衣的男人冷冷地道     男人
    只听一个沙沙的声音说        声音 (nobody)

Two questions are answered here: where in a clause a person may stand as its subject (``leads``), and which person an
unknown clause seems to begin with (``find_candidate``): surnames, titles, kinship, forms of address, and failing
these the words before the first verb.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from .people import load_people, parts_of_speech, segmenter
from .sayings import says

#: Words that may stand before a subject.
_LEAD = re.compile(
    r"(?:却说|话说|且说|单说|再说|却|但|可|只|忽|便|就|又|才|正|也|还|而|则|乃|遂|听|见|闻|且|那么|于是|突然|忽然|这时候?|此时|此刻|那时|随后|随即|接着|紧接着|然后|最后|终于|结果|原来|果然|当下|登时|顿时|说着|说完|说罢|话音[刚未]落"
    r"|这话|一旁的?|旁边的?|身旁的?|身边的?|身后的?|对面的?|门口的?|门外的?|屋里的?|电话那头的?|电话里的?|只见|只听得?|但见|但听|却见|却听|忽见|忽听得?|忽闻|那边|这边|不料|谁知|谁料|哪知|可是|但是|不过|然而|而且|所以|因此|因为"
    r"|当然|显然|据|连|倒是|还是|还有|甚至|就连|听完后?|听了|对此|其中|同时|后来|不久|过了?[一半好]?[会儿久阵天晌]+|半[晌天]|良久|片刻后?|最先|首先|今天|昨天|早上|晚上|第二天|这天|一天|有一天"
    r"|这位|那位|一位|这个|那个|一个|这名|那名|一名|这只|那只|一只|这条|那条|一条|这头|一头|两个|两名|几个|几名|有个|有人|某|该|这|那|我的|你的|他的|她的|我们的|咱|我|我家|他家|她家|一群|一众|另一个|另一位|另一名"
    r")+"
)
#: What may stand between the beginning of a clause and its subject.
_BEFORE_SUBJECT = re.compile(
    r"(?:.{0,24}(?:的|[个位名只条头群]|时候?|之后|以后|以前|过后|[天日晨晚夜]|旁边?|身边|一边|此刻|[间里外旁]|处|忽然|突然|然后|于是|果然|当然|仍然|依然|竟然|居然|终于|只见|但见|却见|忽见|只听|忽听|但听|却听|听得|不料|谁知|而|但|可|却|又|也|便|就|连|才|还|则|原来|结果|倒是|还是|正是|乃是|就是|便是|所以|因此|不过|可是|但是|然而|而且|这|那|这下|这回|据))?"
)
_OBJECT_MARK = re.compile(
    r"(?:[对向跟朝冲和与把被给让替为叫问劝骂喊看望瞪拉扶抱推盯指打用比同像如]|告诉|看着|望着|只有|没有|除了|关于)$"
)
_DRESSED = re.compile(
    r"((?:[青黑白红绿蓝紫黄灰金银][一-鿿]|独眼|蒙面|中年|年轻|年老|白须|白发|黑脸|红脸|高个|矮个|瘦高|肥胖|光头|戴[一-鿿]{1,3}的?)(?:的)?)"
    r"(?:女子|男子|少年|少女|青年|汉子|老者|老人|女人|男人|道人|和尚|姑娘|妇人|书生|丫鬟|大汉|女孩|男孩|老头|妇女|剑客|人|客)"
)
_WHAT_FOLLOWS = re.compile(r"(?<=[一-鿿]{2})(?=[一-鿿]{2})")
_RELATIVE = re.compile(
    r"([一-鿿]{1,3}?)(?:妈妈|爸爸|爷爷|奶奶|姐姐|哥哥|弟弟|妹妹|叔叔|阿姨|伯伯|婆婆|公公|先生|太太|夫人|医生|老师|警官|队长|国王|王后|公主|王子|大王|小姐|师傅|大叔|大婶|大伯)"
)
_HAN = re.compile(r"[一-鿿·]+")
_NOUN_TAGS = ("n", "nr", "nz", "nt", "ng", "nrt", "nrfg", "s", "Ng")
_PERSON_ENDS = frozenset("僧者师员兵匠徒婆爷奶叔姑姨妈爸哥姐妹娘郎童娃侠客盗贼尼仙妖魔汉翁")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that a clause seems to begin with.

    Attributes:
        name: the words.
        kind: ``name``, ``title`` (王老师), ``noun`` (老人) or ``guess`` (words before the first verb).
    """

    name: str
    kind: str


def leads(clause: str, begin: int) -> bool:
    """Whether a person named at ``clause[begin:]`` stands where a subject does."""
    before = clause[:begin]
    if not before:
        return True
    if _OBJECT_MARK.search(before):
        return False
    role = _role_before(before)
    if role and len(before) <= 30 and not _OBJECT_MARK.search(before[: -len(role)]):
        return True  # 乡村客运司机陈志刚
    return _BEFORE_SUBJECT.fullmatch(before) is not None or _LEAD.fullmatch(before) is not None


def _role_before(before: str) -> str:
    """The noun for a person that ends what stands before a name (客运司机), or nothing."""
    people = load_people()
    for size in range(min(5, len(before)), 1, -1):
        if before[-size:] in people.nouns or before[-size:] in people.titles:
            return before[-size:]
    return ""


def count_beginnings(text: str) -> Counter[str]:
    """How often each surname is followed by which one and two characters: what tells 林晚 from 林晚秋."""
    people = load_people()
    counts: Counter[str] = Counter()
    for run in _HAN.finditer(text):
        han = run.group()
        for at, character in enumerate(han):
            if han[at : at + 2] == character * 2:
                counts[character * 2] += 1
            if character in people.surnames:
                for size in (2, 3, 4):
                    if at + size <= len(han):
                        counts[han[at : at + size]] += 1
    counts.update(_often(text))
    return counts


def _often(text: str) -> dict[str, int]:
    """Beginnings of clauses that are names by their use: always the same characters, then something else each time."""
    begins: Counter[str] = Counter()
    following: dict[str, set[str]] = {}
    for clause in re.finditer(r"(?:^|(?<=[。！？，”」』\n]))[一-鿿]{3,12}", text):
        for size in range(2, 6):
            part = clause.group()[:size]
            begins[part] += 1
            following.setdefault(part, set()).add(clause.group()[size : size + 1])
    found = {}
    words, tags = segmenter(), parts_of_speech()
    for part, count in begins.items():
        if not 3 <= len(part) <= 5 or count < 2 or len(following[part]) < 2 or begins[part[:2]] > count:
            continue
        pieces = words.split(part)
        is_odd = len(pieces) > 1 and all(tags.get(piece, "n")[:1] in "nmxaz" for piece in pieces)
        if is_odd and text.count(part) > 2 and part[-1] not in load_people().stops:
            found["^" + part] = count
    return found


def appositions(clause: str, counts: Counter[str]) -> list[str]:
    """Names that stand right behind what somebody is (客运司机陈志刚, 县委书记赵国强)."""
    found = []
    for match in _WHAT_FOLLOWS.finditer(clause):
        begin = match.start()
        if _role_before(clause[max(0, begin - 6) : begin]) and (name := _named_at(clause[begin : begin + 16], counts)):
            found.append(name)
    return found


def strip_lead(clause: str) -> str:
    """The clause from its first word that may be a subject on; what is described comes without its description."""
    lead = _LEAD.match(clause)
    rest = clause[lead.end() :] if lead else clause
    of = re.match(r"[^的地得]{1,16}的(?=[一-鿿]{2,})", rest)
    if of is not None:
        noun = rest[of.end() :]
        is_person = _is_noun(first := segmenter().split(noun[:6])[0]) and first[-1] in _PERSON_ENDS
        if _noun_at(noun) or titled_at(noun) or is_person:
            return noun
    return rest


def find_candidate(clause: str, counts: Counter[str]) -> Candidate | None:
    """The person that a clause seems to begin with; None where it begins with something else."""
    rest = strip_lead(clause)
    run = _HAN.match(rest)
    if run is not None:
        return _candidate_at(run.group(), counts)
    latin = re.match(r"[A-Z][A-Za-z]+(?: [A-Z][a-z]+)?", rest)
    return Candidate(latin.group(), "name") if latin else None


def _candidate_at(han: str, counts: Counter[str]) -> Candidate | None:
    titled, noun = titled_at(han), _noun_at(han)
    named = _named_at(han, counts)
    further = _named_at(han[len(noun) :], counts) if noun else ""
    is_doubled = (
        len(han) > 2
        and han[0] == han[1]
        and han[2] not in "的地作声"
        and parts_of_speech().get(han[:2], "n")[:1] == "n"
        and counts[han[:2]] >= 3
    )
    often = _often_at(han, counts)
    if often:
        found: Candidate | None = Candidate(often, "name")
    elif titled and len(titled) > len(noun):
        found = Candidate(titled, "title")
    elif is_doubled:  # 灰灰, 豆豆
        found = Candidate(han[:2], "name")
    elif noun and len(noun) >= len(named):  # 少年顾长风: the name is what counts
        found = Candidate(further, "name") if further and counts[further] > 1 else Candidate(noun, "noun")
    else:
        found = Candidate(named, "name") if named else _guess_at(han)
    return found


def _often_at(han: str, counts: Counter[str]) -> str:
    """What no rule knows but begins clauses again and again (鬼手三, 阿依古丽); ``count_beginnings`` has decided."""
    return next((han[:size] for size in (5, 4, 3) if counts["^" + han[:size]]), "")


def titled_at(han: str) -> str:
    """``王老师``, ``白掌门``, ``老王``, ``小李``, ``阿碧`` at the beginning."""
    people = load_people()
    for size in (2, 1):
        surname = han[:size]
        if surname in (people.compounds if size == 2 else people.surnames):
            for width in (0, 2, 1):  # 王老师, 王建国老师
                if width and segmenter().is_word(han[: size + width]):
                    continue
                for title in people.titles:
                    if han.startswith(title, size + width) and (len(title) > 1 or width == 0):
                        found = han[: size + width + len(title)]
                        if len(title) == 1 and segmenter().is_word(found) and found not in people.nouns:
                            continue
                        return found
    is_address = (
        han[:1] in "老小阿大"
        and han[1:2] != ""
        and (han[1] in people.surnames or han[1] in "一二三四五六七八九十" or han[0] == "阿")
    )
    is_name = not segmenter().is_word(han[:2]) or parts_of_speech().get(han[:2], "").startswith(("nr", "r"))
    end = 2
    while han[0] == "阿" and han[end : end + 1] in people.transliterated:  # 阿依古丽
        end += 1
    return han[:end] if is_address and is_name else ""


def _noun_at(han: str) -> str:
    people = load_people()
    longest = ""
    for size in range(min(6, len(han)), 0, -1):
        if han[:size] in people.nouns and not (size == 1 and segmenter().is_word(han[:2])):
            longest = han[:size]
            break
    if han and han[0] in "老小大" and (inner := _noun_at(han[1:])) and len(inner) > 1 and len(inner) >= len(longest):
        longest = han[0] + inner
    dressed = _DRESSED.match(han)  # 绿衣女子
    if dressed and dressed.end() > len(longest) and not _OBJECT_MARK.search(dressed[1]):
        longest = dressed.group()
    relative = _RELATIVE.match(han)  # 乌龟爷爷, 兔妈妈
    if relative and relative.end() > len(longest) and (relative[1] in people.nouns or _is_noun(relative[1])):
        longest = relative.group()
    return longest


def _is_noun(word: str) -> bool:
    return parts_of_speech().get(word, "")[:1] == "n"


def _named_at(han: str, counts: Counter[str]) -> str:
    """Surname and given name at the beginning, or a name written with a dot."""
    dotted = re.match(r"[一-鿿]{1,6}(?:·[一-鿿]{1,6})+", han)
    if dotted:
        return _cut_dotted(dotted.group())
    size = _surname_size(han)
    short, long = han[: size + 1], han[: size + 2]
    if not size or len(short) == size or long[-1:] == "的" or short[-1] in "的了着过是不在说道和与地得":
        return ""
    return long if len(long) == size + 2 and _HAN.fullmatch(long) and _is_longer(han, size, counts) else short


def _surname_size(han: str) -> int:
    """Characters of the surname that a run begins with; 0 where its first word is no name."""
    people = load_people()
    if han[:2] in people.compounds:
        return 2
    first = segmenter().split(han[:8])[0] if han else ""
    is_word = len(first) > 1 and not parts_of_speech().get(first, "nr").startswith("nr")
    return 1 if han[:1] in people.surnames and not is_word else 0


def _is_longer(han: str, size: int, counts: Counter[str]) -> bool:
    """Whether the given name has two characters rather than one: 林晚秋, but 林晚 + 低声说."""
    people = load_people()
    short, long = han[: size + 1], han[: size + 2]
    share = counts[long] / max(1, counts[short])
    is_verb = long[-1] != short[-1] and (long[-1] in people.stops or _begins_verb(han[size + 1 :]))
    is_typical = long[-1] in people.given and long[-1] not in people.stops
    is_given = is_typical and (_begins_verb(han[size + 2 :]) or han[size + 2 : size + 3] in people.stops | {"顿"})
    is_steady = counts[short] >= 3 or (counts[short] == 2 and long[-1] not in people.stops)
    return (share > 0.4 and not is_verb) or (share >= 0.75 and (is_steady or is_given))


def _begins_verb(han: str) -> bool:
    word = segmenter().split(han[:6])[0] if han else ""
    return parts_of_speech().get(word, "v")[:1] in "vdpcuazir" if word else False


def _cut_dotted(name: str) -> str:
    """``约翰·史密斯说``: the last part ends before a verb."""
    head, _, last = name.rpartition("·")
    for at in range(1, len(last)):
        if last[at] in load_people().stops:
            return f"{head}·{last[:at]}"
    return name


def _guess_at(han: str) -> Candidate | None:
    """The words before the first verb: names that no rule knows (胡桃, 阿依古丽) and things that speak in stories."""
    tags = parts_of_speech()
    taken = ""
    for word in segmenter().split(han[:12]):
        tag = tags.get(word, "x")
        is_name_like = tag.startswith(_NOUN_TAGS) or tag in ("x", "a", "b", "j") or (len(word) == 1 and not taken)
        is_end = (len(word) == 1 and word in load_people().stops) or (taken and says(word))
        if not taken and 3 <= len(word) <= 4 and word[0] in load_people().surnames and says(han[len(word) :][:2]):
            return Candidate(word, "name")  # 王熙凤, which the dictionary takes for a saying
        if not is_name_like or is_end or says(word):
            break
        taken += word
        if len(taken) >= 6:
            break
    if 3 <= len(taken) <= 5 and taken[-1] in _PERSON_ENDS and taken not in load_people().things:
        return Candidate(taken, "noun")
    if not 2 <= len(taken) <= 5 or taken in load_people().things or len(taken) == len(han):
        return None
    if segmenter().split(taken)[-1] in load_people().things or tags.get(taken, "n")[:1] not in "nxz":
        return None
    return Candidate(taken, "guess")
