"""Who is in a text: people found by how they are named, with gender and other names.

    pieces ── clauses beside quotations ──► candidates ── counted, confirmed, merged ──► Cast

No model: surnames, titles, kinship, nouns for people, and how often something stands before a verb of saying. Names
that mean the same person are merged where the text or the form says so (林晚秋 and 晚秋, 一个青年 ……正是赵凯,
“在下沈孤鸿”).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .people import FEMALE, MALE, load_people, parts_of_speech, segmenter
from .pieces import SAID, TOLD, Paragraph
from .sayings import clauses_of, says
from .subjects import appositions, count_beginnings, find_candidate, leads, titled_at

#: Who tells the story in the first person.
FIRST_PERSON = "我"
PRONOUNS = {
    "他": MALE, "她": FEMALE, "它": None, "我": None, "他们": None, "她们": None, "我们": None, "那人": None,
    "对方": None, "来人": None, "此人": None, "自己": None,
}  # fmt: skip
_INTRODUCED = re.compile(
    r"(?:名叫|名为|名字叫|取名叫?|叫做|唤作|唤做|大名叫?|姓名|叫作|我叫|他叫|她叫|它叫|[的人孩]叫)[“「『]?(?P<name>[一-鿿·]{2,4}?)(?=[”」』，。、,！!的说在是]|$)"
)
_SELF = re.compile(
    r"(?:我是|我叫|在下|我乃|鄙人|小女子|小生|老夫|贫僧|贫道|本姑娘|洒家|我便是|我就是|我)(?P<name>[一-鿿·]{2,9}?)(?=[，。！？,!?…的要]|$)"
)
_REDUPLICATED = re.compile(r"我[是叫][^，。！？]{0,6}?(?P<name>(?P<one>[一-鿿])(?P=one))(?=[，。！!])")
_VOICE_OF = re.compile(
    r"(?:传来|响起|传出|听到|听见)了?(?=[^，。]{2,8}的(?:声音|喊声|笑声|叫声|嗓音))|(?:说|话|口|腔)的(?:人)?(?:正|便|就)?是"
)
_RELATED = re.compile(r"(?P<name>[一-鿿]{2,3})是[^，。！？]{0,10}?的?(?P<kin>[一-鿿]{2})(?=[，。])")
_CALLED = re.compile(r"(?:^|[，,。！？!?])(?P<name>[一-鿿]{2,5})(?=[，,！!？?。…—]|$)")
_SAME = re.compile(r"(?:正是|乃是|便是|就是|原来是)(?:[^，。！？]{0,14}?)$")
_INDEFINITE = re.compile(r"[一有那这](?:个|位|名|条|只|位)(?:[^，。！？]{0,16}的)?$|(?:^|[，。却且话]说?)[那这]$")
#: Names that are looked for in one text; the rarest beyond are nobody.
MOST_PEOPLE = 600

_ENTRANCE = 5  # paragraphs between somebody's coming in and their name
_PLACES = frozenset("上下里中外旁边处前后内间深")
_FORMS = re.compile("太太|先生|奶奶|小姐|大姐|老师|爷爷|阿姨|大叔|大婶|大娘|大妈|大爷|妈妈|爸爸|姑娘|夫人")


@dataclass(slots=True)
class Person:
    """Somebody in the text.

    Attributes:
        name: the name that stands for the person.
        names: every name, that one included.
        gender: ``female``, ``male`` or None where nothing says so.
        count: how often the names occur in what is told.
        is_named: it has a name of its own, rather than a noun.
    """

    name: str
    names: list[str]
    gender: str | None = None
    count: int = 0
    is_named: bool = False


@dataclass(slots=True)
class Cast:
    """All people of a text.

    Attributes:
        people: by each of their names.
        finder: finds the names and pronouns in a clause.
        has_narrator: the story is told by 我.
    """

    people: dict[str, Person] = field(default_factory=dict)
    finder: re.Pattern[str] = re.compile(r"(?!)")
    has_narrator: bool = False

    def named(self, name: str) -> Person:
        """The person of a name."""
        return self.people[name]

    def everybody(self) -> list[Person]:
        """Each person once."""
        return list({id(person): person for person in self.people.values()}.values())


def find_cast(text: str, paragraphs: Sequence[Paragraph]) -> Cast:
    """The people of a text, from all of its paragraphs."""
    told = "\n".join(piece.text for paragraph in paragraphs for piece in paragraph.pieces if piece.kind == TOLD)
    counts = count_beginnings(text)
    names, kinds = _candidates(paragraphs, counts)
    kept = _confirmed(names, kinds, text)
    for match in _INTRODUCED.finditer(text):
        name = match["name"]
        if name not in PRONOUNS and text.count(name) > 1 and not name.endswith(("什么", "啥")):
            kept.setdefault(name, "name")
    for match in _REDUPLICATED.finditer(text):
        if text.count(match["name"]) > 1:
            kept.setdefault(match["name"], "name")
    cast = Cast(has_narrator=len(re.findall(r"(?:^|[。！？\n，])我(?!们)", told)) >= 2)
    if cast.has_narrator:
        cast.people[FIRST_PERSON] = Person(FIRST_PERSON, [FIRST_PERSON], count=told.count(FIRST_PERSON))
    _fill(cast, kept, told)
    _merge_forms(cast)
    _merge_nouns(cast)
    _merge_told(cast, paragraphs)
    _merge_claims(cast, paragraphs)
    _merge_entrances(cast, paragraphs)
    _give_genders(cast, told)
    return cast


def _candidates(paragraphs: Iterable[Paragraph], counts: Counter[str]) -> tuple[Counter[str], dict[str, str]]:
    """Names that clauses beside quotations begin with, with how much speaks for each."""
    names: Counter[str] = Counter()
    kinds: dict[str, str] = {}
    people = load_people()
    for paragraph in paragraphs:
        has_speech = any(piece.kind == SAID for piece in paragraph.pieces)
        for piece in paragraph.pieces:
            if piece.kind != TOLD:
                for call in _CALLED.finditer(piece.text):
                    name = titled_at(call["name"])
                    if name == call["name"] and name not in people.nouns:
                        names[name] += 2
                        kinds.setdefault(name, "title")
                continue
            for sentence in re.split("[。！？!?\n]", piece.text):
                for clause in clauses_of(sentence):
                    is_saying = has_speech and says(clause)
                    for name in appositions(clause, counts) if is_saying or has_speech else ():
                        names[name] += 2
                        kinds.setdefault(name, "name")
                    voice = _VOICE_OF.search(clause)
                    found = find_candidate(clause[voice.end() :] if voice else clause, counts)
                    is_saying = is_saying or voice is not None
                    if found is None or (found.kind == "guess" and not is_saying):
                        continue
                    is_certain = is_saying or found.kind == "title" or (has_speech and found.kind == "name")
                    names[found.name] += 2 if is_certain else 1
                    kinds.setdefault(found.name, found.kind)
    return names, kinds


def _confirmed(names: Counter[str], kinds: dict[str, str], text: str) -> dict[str, str]:
    """The candidates that there is enough evidence for."""
    people = load_people()
    kept: dict[str, str] = {}
    for name, score in names.most_common():
        kind = kinds[name]
        is_word = segmenter().is_word(name)
        tag = parts_of_speech().get(name, "")
        is_given = all(character in people.given for character in name)  # 黛玉
        if kind == "guess" and score < 4 and not is_given and not (is_word and tag.startswith("nr")):
            continue
        if kind == "name" and score < 2 and text.count(name) < 2:
            continue
        if is_word and says(name):  # 冷笑
            continue
        if kind == "name" and (
            (is_word and len(name) < 3 and tag[:1] not in "n")
            or (name[-1] in _PLACES and segmenter().is_word(name[:-1]))
        ):
            continue
        if kind in ("name", "guess") and name in people.nouns:
            kind = "noun"
        kept[name] = kind
        if len(kept) >= MOST_PEOPLE:
            break
    for name in list(kept):  # 林晚 beside 林晚秋: the shorter one is a misreading where it never stands alone
        longer = [other for other in kept if other != name and other.startswith(name)]
        if longer and kept[name] == "name" and text.count(name) <= sum(text.count(other) for other in longer):
            del kept[name]
    return kept


def _fill(cast: Cast, kept: dict[str, str], told: str) -> None:
    for name, kind in kept.items():
        is_named = kind in ("name", "guess", "title")
        cast.people[name] = Person(name, [name], count=told.count(name), is_named=is_named)
    _given_names(cast, told)
    by_first: dict[str, list[str]] = {}
    for name in sorted({*cast.people, *PRONOUNS}, key=len, reverse=True):
        by_first.setdefault(name[0], []).append(re.escape(name[1:]))
    branches = [f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in by_first.items()]
    cast.finder = re.compile("|".join(branches) or r"(?!)")


def _given_names(cast: Cast, told: str) -> None:
    """``晚秋`` for 林晚秋, where the text uses it without the surname."""
    people = load_people()
    for name in list(cast.people):
        person = cast.people[name]
        if not person.is_named or not 3 <= len(name) <= 4 or "·" in name:
            continue
        given = name[2:] if name[:2] in people.compounds else name[1:]
        if len(given) == 2 and name[0] in people.surnames and given not in cast.people:
            alone = told.count(given) - told.count(name)
            if not segmenter().is_word(given) or alone > 0:
                cast.people[given] = person
                person.names.append(given)


def _merge(cast: Cast, one: Person, other: Person) -> None:
    """The two are the same person; the one with a name of its own gives the name."""
    if one is other:
        return
    keep, drop = (one, other) if (one.is_named, one.count) >= (other.is_named, other.count) else (other, one)
    keep.names += [name for name in drop.names if name not in keep.names]
    keep.count += drop.count
    keep.gender = keep.gender or drop.gender
    for name in drop.names:
        cast.people[name] = keep


def _merge_forms(cast: Cast) -> None:
    """老王, 王师傅 and 王建国 where only one Wang has a full name."""
    people = load_people()
    full: dict[str, list[Person]] = {}
    formal: list[tuple[str, str, Person]] = []
    for name, person in list(cast.people.items()):
        titled = next(
            (title for title in people.titles if name.endswith(title) and 1 <= len(name) - len(title) <= 2), None
        )
        surname = name[:2] if name[:2] in people.compounds else name[:1]
        if name[:1] in "老小" and len(name) == 2 and name[1] in people.surnames:
            formal.append((name[1], "", person))
        elif titled and name[: -len(titled)] == surname and surname in (people.surnames | people.compounds):
            formal.append((surname, titled, person))
        elif person.is_named and person.name == name and surname in (people.surnames | people.compounds):
            full.setdefault(surname, []).append(person)
    for surname, title, person in formal:
        owners = {id(owner): owner for owner in full.get(surname, ())}
        gender = people.genders.get(title)
        gender = gender or ("male" if person.name.startswith("老") else None)
        fitting = [owner for owner in owners.values() if not gender or _suggested(owner.name) in (None, gender)]
        certain = [owner for owner in fitting if gender and _suggested(owner.name) == gender]
        if len(fitting) == 1 and len(owners) == 1:
            _merge(cast, fitting[0], person)
        elif len(certain) == 1:
            _merge(cast, certain[0], person)


def _merge_nouns(cast: Cast) -> None:
    """大堂经理 and 经理, 小刺猬 and 刺猬, where only one noun ends so."""
    nouns = [name for name, person in cast.people.items() if not person.is_named and len(name) > 1]
    for name in nouns:
        longer = [
            other
            for other in nouns
            if other != name
            and (other.endswith(name) or (other.startswith(name) and _FORMS.fullmatch(other[len(name) :])))
        ]
        if len({id(cast.people[other]) for other in longer}) == 1 and not re.match(f"[男女]{name}", longer[0]):
            _merge(cast, cast.people[longer[0]], cast.people[name])


def _merge_claims(cast: Cast, paragraphs: Sequence[Paragraph]) -> None:
    """绿衣女子喝道：“……我柳如烟……”: who says to be somebody is that person."""
    for paragraph in paragraphs:
        for before, said in zip(paragraph.pieces, paragraph.pieces[1:], strict=False):
            if (before.kind, said.kind) != (TOLD, SAID):
                continue
            claimed = introduces(said.text, cast)
            last = re.split("[。！？!?]", before.text.rstrip("：:，,"))[-1]
            if claimed is None or not says(last):
                continue
            for match in cast.finder.finditer(last):
                person = cast.people.get(match.group())
                if person is not None:
                    if not person.is_named and leads(last, match.start()):
                        _merge(cast, claimed, person)
                    break


def _spoken_to(cast: Cast, paragraphs: Sequence[Paragraph]) -> set[tuple[int, int]]:
    """Pairs of people of whom the first says the name of the second, so that they are not the same."""
    found = set()
    for paragraph in paragraphs:
        for one, other in zip(paragraph.pieces, paragraph.pieces[1:], strict=False):
            told, said = (one, other) if one.kind == TOLD else (other, one)
            if told.kind == said.kind:
                continue
            speakers = {
                id(person) for match in cast.finder.finditer(told.text) if (person := cast.people.get(match[0]))
            }
            for match in cast.finder.finditer(said.text):
                named = cast.people.get(match.group())
                if named is not None:
                    found |= {(speaker, id(named)) for speaker in speakers if speaker != id(named)}
    return found


def _merge_entrances(cast: Cast, paragraphs: Sequence[Paragraph]) -> None:
    """一个穿黑裙的女人走进来 …… 苏沐沐看都没看他: who comes in without a name gets the next new one that fits."""
    entered: list[tuple[int, Person]] = []
    known: set[int] = set()
    denied = _spoken_to(cast, paragraphs)
    for number, paragraph in enumerate(paragraphs):
        for piece in paragraph.pieces:
            if piece.kind != TOLD:
                continue
            for match in cast.finder.finditer(piece.text):
                person = cast.people.get(match.group())
                if person is None or id(person) in known:
                    continue
                known.add(id(person))
                if (
                    not person.is_named
                    and person.count == 1
                    and _INDEFINITE.search(piece.text[max(0, match.start() - 24) : match.start()])
                ):
                    entered.append((number, person))
                elif person.is_named:
                    fitting = [
                        other
                        for at, other in entered
                        if number - at <= _ENTRANCE
                        and (id(other), id(person)) not in denied
                        and _gender_of(other) in (None, _gender_of(person) or _gender_of(other))
                    ]
                    is_new = not any(
                        name in earlier.text
                        for name in person.names
                        for before in paragraphs[max(0, number - 40) : number]
                        for earlier in before.pieces
                        if earlier.kind == TOLD
                    )
                    if len(fitting) == 1 and is_new:
                        entered.remove(next(pair for pair in entered if pair[1] is fitting[0]))
                        _merge(cast, person, fitting[0])


def _gender_of(person: Person) -> str | None:
    known = load_people().genders
    return next((known[name] for name in person.names if name in known), None) or _suggested(person.name)


def _suggested(name: str) -> str | None:
    """The gender that a name's characters or title suggest."""
    people = load_people()
    for size in range(len(name), 0, -1):
        if name[-size:] in people.genders:
            return people.genders[name[-size:]]
    found = {people.characters[character] for character in name[1:] if character in people.characters}
    return found.pop() if len(found) == 1 else None


def _merge_told(cast: Cast, paragraphs: Sequence[Paragraph]) -> None:
    """Who the text says is whom: 一个青年……正是赵凯; 铁面僧 and 和尚 only where it is told so."""
    for paragraph in paragraphs:
        for piece in paragraph.pieces:
            if piece.kind != TOLD or not re.search("正是|乃是|便是|就是|原来是", piece.text):
                continue
            for sentence in re.split("[。！？!?]", piece.text):
                found = list(cast.finder.finditer(sentence))
                found = [match for match in found if match.group() not in PRONOUNS]
                if len(found) < 2:
                    continue
                last, first = found[-1], found[0]
                if _SAME.search(sentence[: last.start()]) and sentence[last.end() :].strip("，, ") == "":
                    one, other = cast.people[first.group()], cast.people[last.group()]
                    if not one.is_named and other.is_named:
                        _merge(cast, one, other)


def _give_genders(cast: Cast, told: str) -> None:
    """From titles and nouns; from the pronoun that follows a name in its sentence; from the characters of the name."""
    votes: dict[int, Counter[str]] = {}
    last: Person | None = None
    for sentence in re.split("[。！？!?]", told):
        found = list(cast.finder.finditer(sentence))
        people = [match for match in found if match.group() not in PRONOUNS]
        persons = {id(cast.people[match.group()]): cast.people[match.group()] for match in people}
        begins = [match for match in found if not match.start() or sentence[match.start() - 1] in "，,：:；\n"]
        pronouns = {gender for match in begins if (gender := PRONOUNS.get(match.group()))}
        if len(persons) == 1:
            last = next(iter(persons.values()))
        elif persons:
            last = None
        if last is not None and len(pronouns) == 1:
            votes.setdefault(id(last), Counter())[pronouns.pop()] += 1
    known = load_people().genders
    for match in _RELATED.finditer(told):
        person = cast.people.get(match["name"]) or cast.people.get(match["name"][1:])
        if person is not None and match["kin"] in known:
            votes.setdefault(id(person), Counter())[known[match["kin"]]] += 3
    for person in cast.everybody():
        nouns = {known[name] for name in person.names if name in known}
        titles = {gender for name in person.names if (gender := _title_gender(name))}
        counted = votes.get(id(person), Counter()).most_common(1)
        if len(nouns | titles) == 1:
            person.gender = (nouns | titles).pop()
        elif counted:
            person.gender = counted[0][0]
        else:
            person.gender = _suggested(person.name)


def _title_gender(name: str) -> str | None:
    people = load_people()
    return next(
        (people.genders[title] for title in people.titles if name.endswith(title) and title in people.genders), None
    )


def introduces(said: str, cast: Cast) -> Person | None:
    """Whom the speaker of a quotation says to be (在下沈孤鸿, 我是你的邻居灰灰)."""
    for match in _SELF.finditer(said):
        name = cast.finder.match(said, match.end("name") - len(match["name"]))
        for begin in range(match.start("name"), match.end("name")):
            name = cast.finder.match(said, begin)
            if name and name.end() == match.end("name") and name.group() not in PRONOUNS:
                return cast.people[name.group()]
    return None


def called(said: str, cast: Cast) -> list[Person]:
    """Whom a quotation speaks to by name, in order."""
    found = []
    for match in cast.finder.finditer(said):
        if match.group() in PRONOUNS:
            continue
        before, after = said[: match.start()].rstrip(), said[match.end() :]
        is_apart = not before or before[-1] in "，,。！？!?…—～、" or before[-1:] in "啊哎喂嗯哦哈谢好对"
        if is_apart and (not after or re.match(r"[，,！!？?。…—～~]|[你您]", after)):
            found.append(cast.people[match.group()])
    return found
