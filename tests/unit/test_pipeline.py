"""Laws of the composition, on a small fake network: one tone per sentence, silence around it."""

import dataclasses
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from tiny_engine import TinyFrontEnd, TinyVoices
from tts_engine.audio.labelling import Labelling
from tts_engine.audio.verifying import verify_file
from tts_engine.chunking import AT_ONCE_ON_CARD
from tts_engine.errors import AudioError, ControlError, OutputError, TextError
from tts_engine.options import SynthesisOptions
from tts_engine.pipeline import MAX_IN_MEMORY_CHARACTERS, Synthesizer
from tts_engine.types import Break, Prosody, ReferencePhrase, ReferenceStyle

RATE, HOP = 24000, 600


class FakeEngine:
    """Four frames per phoneme, f0 of 200 Hz; the waveform is a sine of that f0 between silent pads."""

    config = SimpleNamespace(sample_rate=RATE, frame_rate=RATE / HOP, symbols={}, max_phonemes=510)

    threads = 2
    together = 1
    arithmetic = "float32"

    def __init__(self):
        self.fail_at = None
        self.rendered = 0

    def encode(self, phonemes, prosody_style):
        return SimpleNamespace(durations=np.full(len(phonemes) + 2, 4.0, np.float32))

    def predict(self, encoding, durations):
        frames = 2 * int(durations.sum())
        return Prosody(durations, np.full(frames, 200.0, np.float32), np.zeros(frames, np.float32))

    def rendering(self, encoding, prosody, timbre_style, *, seed=0):
        def part(begin, end, *_):
            return self.render(encoding, prosody, timbre_style, seed=seed)[begin * HOP : end * HOP]

        return SimpleNamespace(frames=int(prosody.durations.sum()), joins=True, part=part)

    def render(self, encoding, prosody, timbre_style, *, seed=0):
        if self.rendered == self.fail_at:
            raise KeyboardInterrupt
        self.rendered += 1
        f0 = np.repeat(prosody.f0, HOP // 2)
        tone = timbre_style[0] * np.sin(2 * np.pi * np.cumsum(f0) / RATE + seed)
        pads = prosody.durations[[0, -1]] * HOP
        tone[: pads[0]] = 0
        tone[len(tone) - pads[1] :] = 0
        return tone.astype(np.float32)


class FakeVoices(TinyVoices):
    def names(self):
        return ("one",)

    def canonical(self, spec):
        if spec == "nobody":
            raise ControlError("unknown voice 'nobody'", option="voice")
        return spec


class TellingFrontEnd(TinyFrontEnd):
    """Says of every sentence what it read."""

    pause_after_s = 0.4

    def read(self, manuscript, lexicon=None):
        for read in super().read(manuscript, lexicon):
            read.warnings = (f"read {read.sentence.phonemes}",)
            yield read


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def synthesizer(engine):
    return Synthesizer.from_parts(engine, FakeVoices(), TellingFrontEnd())


TEXT = "春眠不觉晓。处处闻啼鸟。夜来风雨声。"


def test_joined_stream_is_the_whole(synthesizer):
    streamed = np.concatenate([chunk.waveform for chunk in synthesizer.stream(TEXT)])
    np.testing.assert_array_equal(streamed, synthesizer.synthesize(TEXT).waveform)


def test_one_sentence_alone_is_the_one_of_the_whole(synthesizer, engine):
    options = SynthesisOptions(seed=5, emotion="sad")
    whole = synthesizer.synthesize(TEXT, options)
    before = engine.rendered
    chunk = synthesizer.render_sentence(TEXT, 1, options)
    assert engine.rendered == before + 1 and chunk.index == 1
    timing = whole.sentences[1]
    speech = whole.waveform[round(timing.begin_s * RATE) : round(timing.end_s * RATE)]
    own = chunk.waveform[round(chunk.timing.begin_s * RATE) : round(chunk.timing.end_s * RATE)]
    assert np.array_equal(own, speech)


@pytest.mark.parametrize("index", [-1, 3, 99])
def test_a_sentence_that_is_not_there_is_one_clear_error(synthesizer, index):
    with pytest.raises(ControlError, match=str(index + 1)):
        synthesizer.render_sentence(TEXT, index)


def test_stream_is_lazy(synthesizer, engine):
    next(synthesizer.stream(TEXT))
    assert engine.rendered == 1


def test_timings_cover_the_audio(synthesizer):
    result = synthesizer.synthesize(TEXT)
    assert [s.text for s in result.sentences] == ["春眠不觉晓。", "处处闻啼鸟。", "夜来风雨声。"]
    assert result.sentences[-1].end_s == pytest.approx(len(result.waveform) / RATE, abs=1e-3)  # no dead air after it
    assert result.audio_s == pytest.approx(len(result.waveform) / RATE)
    edges = [edge for s in result.sentences for c in s.characters for edge in (c.begin_s, c.end_s)]
    assert edges == sorted(edges)


def test_a_character_is_heard_when_its_timing_says(synthesizer):
    result = synthesizer.synthesize(TEXT)
    loud = np.abs(result.waveform) > 1e-3
    for sentence in result.sentences:
        first, last = sentence.words[0], sentence.words[-1]
        assert loud[round(first.begin_s * RATE) : round(last.end_s * RATE)].mean() > 0.9
        assert not loud[round((sentence.end_s + 0.01) * RATE) : round((sentence.end_s + 0.39) * RATE)].any()


def test_the_pause_between_sentences_is_the_one_asked_for(synthesizer):
    def gap(scale):
        result = synthesizer.synthesize(TEXT, SynthesisOptions(pause_scale=scale))
        return result.sentences[1].begin_s - result.sentences[0].end_s

    assert [gap(scale) for scale in (0.0, 1.0, 2.5)] == pytest.approx([0.0, 0.4, 1.0], abs=1e-3)


def test_faster_is_shorter_and_higher_is_higher(synthesizer):
    lengths = [synthesizer.synthesize(TEXT, SynthesisOptions(speed=speed)).audio_s for speed in (0.8, 1.0, 1.3)]
    assert lengths == sorted(lengths, reverse=True)
    up = synthesizer.synthesize(TEXT, SynthesisOptions(pitch_shift_st=12.0))
    assert up.prosody[0].f0.max() == pytest.approx(400.0)


def test_volume_moves_the_level_by_what_was_asked(synthesizer):
    loud = synthesizer.synthesize(TEXT, SynthesisOptions(volume_db=3.0)).waveform
    normal = synthesizer.synthesize(TEXT).waveform
    assert np.abs(loud).max() / np.abs(normal).max() == pytest.approx(10 ** (3 / 20), rel=1e-4)


def test_too_loud_is_limited_and_told(synthesizer):
    result = synthesizer.synthesize(TEXT, SynthesisOptions(volume_db=20.0))
    assert np.abs(result.waveform).max() < 1.0
    assert any("limited" in warning for warning in result.warnings)


def test_loudness_target_is_reached(synthesizer):
    import pyloudnorm

    for target in (-30.0, -23.0):
        result = synthesizer.synthesize(TEXT, SynthesisOptions(loudness_lufs=target))
        assert pyloudnorm.Meter(RATE).integrated_loudness(result.waveform) == pytest.approx(target, abs=0.2)


def test_seed_decides_the_samples(synthesizer):
    first, again = (synthesizer.synthesize(TEXT, SynthesisOptions(seed=5)) for _ in range(2))
    other = synthesizer.synthesize(TEXT, SynthesisOptions(seed=6))
    np.testing.assert_array_equal(first.waveform, again.waveform)
    assert not np.array_equal(first.waveform, other.waveform)
    assert first.seed == 5


def test_warnings_of_the_front_end_and_of_options_arrive_once(synthesizer):
    warnings = synthesizer.synthesize(TEXT, SynthesisOptions(speed=3.0)).warnings
    assert warnings[0].count("speed 3")
    assert warnings[1:] == ("read 春眠不觉晓", "read 处处闻啼鸟", "read 夜来风雨声")


def test_file_and_memory_agree(synthesizer, tmp_path):
    result = synthesizer.synthesize_to_file(TEXT, path=tmp_path / "a.wav")
    written, rate = soundfile.read(result.path, dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(written, synthesizer.synthesize(TEXT).waveform, atol=1 / 32768)


def test_interrupted_in_the_middle_leaves_nothing(synthesizer, engine, tmp_path):
    engine.fail_at = 2
    with pytest.raises(KeyboardInterrupt):
        synthesizer.synthesize_to_file(TEXT, output_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_say_is_an_error_and_leaves_no_file(synthesizer, tmp_path):
    with pytest.raises(TextError):
        synthesizer.synthesize_to_file("", output_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_be_written_is_told(synthesizer, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        synthesizer.synthesize_to_file(TEXT, output_dir=tmp_path / "file")


@pytest.mark.parametrize("method", ["synthesize", "stream", "synthesize_to_file"])
def test_bad_requests_are_refused_before_anything_happens(synthesizer, engine, method):
    call = getattr(synthesizer, method)
    with pytest.raises(ControlError, match="nobody"):
        call(TEXT, SynthesisOptions(voice="nobody"))
    with pytest.raises(ControlError, match="angry") as caught:
        call(TEXT, SynthesisOptions(emotion="angri"))
    assert caught.value.code == "emotion_unknown"
    with pytest.raises(AudioError):
        call(TEXT, SynthesisOptions(ref_audio="no such file.wav"))
    assert engine.rendered == 0


def heard(**values):
    """What would be heard in a recording of one phrase."""
    curve = tuple(np.linspace(-2.0, 2.0, 32))
    phrase = ReferencePhrase(0.0, 2.0, curve, curve, (1.0,) * 32, 9.0)
    style = ReferenceStyle(
        digest="made", duration_s=2.0, speech_s=2.0, f0_median_hz=150.0, f0_low_hz=90.0, f0_high_hz=260.0,
        f0_spread_st=4.0, neutral_hz=130.0, syllable_rate=12.0, pause_share=0.0, pauses_s=(), phrases=(phrase,),
        level_spread_db=10.0, tilt_db=-9.0, hnr_db=12.0, jitter=0.01, shimmer=0.05,
        formants_hz=(500.0, 1500.0, 2500.0, 3500.0), vocal_tract_cm=15.0, spectrum_db=(0.0,) * 40,
    )  # fmt: skip
    return dataclasses.replace(style, **values)


NO_STRENGTH, LIKE_IT = ({"ref_audio": heard(), "ref_strength": strength} for strength in (0.0, 1.0))


@pytest.mark.parametrize(
    ("consent", "code"), [("好", "consent_missing"), ("周杰伦同意用他的声音播报", "voice_name_refused")]
)
def test_a_timbre_needs_the_consent_of_somebody_who_may_be_taken(synthesizer, consent, code):
    options = SynthesisOptions(ref_audio=heard(), ref_aspects="timbre", ref_consent=consent)
    for refused in (lambda: synthesizer.stream(TEXT, options), lambda: synthesizer.explain(TEXT, options)):
        with pytest.raises(ControlError) as caught:
            refused()
        assert (caught.value.code, caught.value.fields["option"]) == (code, "ref_consent")
    how_alone = dataclasses.replace(options, ref_aspects="melody")  # takes no identity and asks nobody
    assert synthesizer.synthesize(TEXT, how_alone).waveform.size


def test_a_reference_of_no_strength_changes_no_sample(synthesizer):
    plain, faint = (synthesizer.synthesize(TEXT, SynthesisOptions(**options)) for options in ({}, NO_STRENGTH))
    np.testing.assert_array_equal(plain.waveform, faint.waveform)
    assert plain.warnings == faint.warnings


def test_what_belongs_to_a_missing_reference_is_told(synthesizer):
    result = synthesizer.synthesize(TEXT, SynthesisOptions(ref_neutral=heard()))
    assert any("ref_neutral" in warning for warning in result.warnings)


def test_a_reference_moves_pitch_and_rate(synthesizer):
    plain, like = (synthesizer.synthesize(TEXT, SynthesisOptions(**options)) for options in ({}, LIKE_IT))
    assert like.audio_s < plain.audio_s
    up = 12 * np.log2(np.median(like.prosody[0].f0) / np.median(plain.prosody[0].f0))
    assert up == pytest.approx(12 * np.log2(150 / 130), abs=0.3)


def test_a_reference_and_a_label_are_both_applied(synthesizer):
    alone, both = (
        next(synthesizer.stream(TEXT, SynthesisOptions(context="off", **LIKE_IT, **more)))
        for more in ({}, {"emotion": "sad"})
    )
    assert (alone.performance.origin, both.performance.origin) == ("reference", "label")
    assert alone.performance.reference == both.performance.reference
    assert len(both.waveform) > len(alone.waveform)  # sad is slower, from where the reference is


def test_a_text_too_long_for_memory_names_the_way_out(synthesizer):
    with pytest.raises(TextError, match="synthesize_to_file"):
        synthesizer.synthesize("长" * (MAX_IN_MEMORY_CHARACTERS + 1))


def test_threads_share_one_synthesizer(synthesizer):
    texts = [f"{'一二三四五六七八九'[n]}" * (n + 3) + "。" for n in range(8)]
    alone = [synthesizer.synthesize(text).waveform for text in texts]
    together = [None] * len(texts)

    def run(n):
        together[n] = synthesizer.synthesize(texts[n]).waveform

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def spoken(synthesizer, **options):
    return synthesizer.synthesize(TEXT, SynthesisOptions(**options)).waveform


def test_no_intensity_is_exactly_neutral(synthesizer):
    neutral = spoken(synthesizer, context="off")
    for emotion in ("angry", "悲伤", [0, 0, 1, 0, 0, 0, 0, 0], "温柔"):
        quiet = spoken(synthesizer, emotion=emotion, emotion_intensity=0.0, context="off")
        np.testing.assert_array_equal(quiet, neutral)


def test_an_emotion_is_heard_and_repeatable(synthesizer):
    neutral = synthesizer.synthesize(TEXT, SynthesisOptions(context="off"))
    options = SynthesisOptions(emotion="sad", emotion_intensity=1.0, context="off")
    sad, again = (synthesizer.synthesize(TEXT, options) for _ in range(2))
    np.testing.assert_array_equal(sad.waveform, again.waveform)
    assert sad.audio_s > 1.08 * neutral.audio_s
    assert np.square(sad.waveform).mean() < 0.8 * np.square(neutral.waveform).mean()


@pytest.mark.parametrize("same", ["sad", "悲伤", [0, 0, 0.8, 0, 0, 0, 0, 0], {"sad": 0.8}])
def test_a_name_a_vector_and_a_mapping_are_one_request(synthesizer, same):
    np.testing.assert_array_equal(
        spoken(synthesizer, emotion=same, context="off"),
        spoken(synthesizer, emotion="难过", emotion_intensity=0.8, context="off"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"emotion": [0.1] * 9},
        {"emotion": [0.0] * 8},
        {"emotion": [float("nan")] * 8},
        {"emotion": ""},
        {"emotion": 3},
        {"emotion": "sad", "emotion_intensity": 7},
        {"emotion": "sad", "emotion_intensity": float("nan")},
        {"context": "maybe"},
    ],
)
def test_a_wrong_emotion_is_one_clear_error(synthesizer, engine, wrong):
    with pytest.raises(ControlError):
        synthesizer.stream(TEXT, SynthesisOptions(**wrong))
    assert engine.rendered == 0


def test_a_chunk_says_how_it_was_meant(synthesizer):
    chunks = list(synthesizer.stream(TEXT, SynthesisOptions(emotion="angry", context="off")))
    assert [chunk.performance.emotion.vector[1] for chunk in chunks] == [1.0, 1.0, 1.0]


def test_a_shout_stays_under_full_scale_without_being_cut(synthesizer):
    result = synthesizer.synthesize(TEXT, SynthesisOptions(emotion="shouting", emotion_intensity=1.0, context="off"))
    assert np.abs(result.waveform).max() <= 0.96
    assert not any("too loud" in warning for warning in result.warnings)


class Turns:
    """Counts who holds a turn, and whether anything is rendered without."""

    def __init__(self, engine):
        self.sizes, self.held, self.fails = [], 0, False
        render = engine.render

        def render_in_turn(*arguments, **more):
            assert self.held > 0
            return render(*arguments, **more)

        engine.render = render_in_turn

    @contextmanager
    def __call__(self, size):
        if self.fails and self.sizes:
            raise InterruptedError
        self.sizes.append(size)
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1


@pytest.mark.parametrize("way", ["stream", "synthesize", "synthesize_to_file"])
def test_a_turn_is_held_around_each_sentence_and_only_then(synthesizer, engine, tmp_path, way):
    turns = Turns(engine)
    if way == "stream":
        for _ in synthesizer.stream(TEXT, turn=turns):
            pass
    elif way == "synthesize":
        synthesizer.synthesize(TEXT, turn=turns)
    else:
        synthesizer.synthesize_to_file(TEXT, path=tmp_path / "a.wav", turn=turns)
    assert turns.sizes == [len(part) for part in TEXT.split("。")[:-1]]
    assert turns.held == 0


def test_a_turn_that_is_refused_ends_the_text_and_leaves_no_file(synthesizer, engine, tmp_path):
    turns = Turns(engine)
    turns.fails = True
    with pytest.raises(InterruptedError):
        synthesizer.synthesize_to_file(TEXT, path=tmp_path / "a.wav", turn=turns)
    assert turns.held == 0 and engine.rendered == 1
    assert list(tmp_path.iterdir()) == []


def test_a_rendering_that_fails_gives_its_turn_back(synthesizer, engine):
    turns = Turns(engine)
    engine.fail_at = 1
    with pytest.raises(KeyboardInterrupt):
        list(synthesizer.stream(TEXT, turn=turns))
    assert turns.held == 0


def labelled(engine, **labels):
    return Synthesizer.from_parts(engine, FakeVoices(), TellingFrontEnd(), Labelling(**labels))


@pytest.mark.parametrize("audible", ["spoken", "tones"])
@pytest.mark.parametrize("place", ["start", "end", "both"])
def test_an_audible_label_frames_the_text_and_moves_its_times(engine, audible, place):
    plain = labelled(engine).synthesize(TEXT)
    result = labelled(engine, audible=audible, place=place).synthesize(TEXT)
    added = result.audio_s - plain.audio_s
    before_s = result.sentences[0].begin_s - plain.sentences[0].begin_s
    assert added > 1.0
    assert before_s == pytest.approx({"start": added, "end": 0.0, "both": added / 2}[place], abs=1e-3)
    for moved, still in zip(result.sentences, plain.sentences, strict=True):
        assert moved.begin_s - still.begin_s == pytest.approx(before_s, abs=1e-3)
        for after, now in zip(moved.characters, still.characters, strict=True):
            assert after.begin_s - now.begin_s == pytest.approx(before_s, abs=1e-3)
    lead = round(before_s * RATE)
    assert np.array_equal(result.waveform[lead : lead + len(plain.waveform)], plain.waveform)
    loud = np.abs(result.waveform) > 1e-3
    assert loud[:lead].any() == (place != "end")
    assert loud[lead + len(plain.waveform) :].any() == (place != "start")


@pytest.mark.parametrize("audible", ["spoken", "tones"])
def test_an_audible_label_streams_as_it_is_written(engine, audible, tmp_path):
    synthesizer = labelled(engine, audible=audible, place="both")
    whole = synthesizer.synthesize(TEXT).waveform
    np.testing.assert_array_equal(np.concatenate([chunk.waveform for chunk in synthesizer.stream(TEXT)]), whole)
    result = synthesizer.synthesize_to_file(TEXT, path=tmp_path / "a.wav")
    assert result.audio_s == pytest.approx(len(whole) / RATE)
    assert len(soundfile.read(tmp_path / "a.wav")[0]) == len(whole)


def test_one_sentence_rendered_anew_has_no_audible_label(engine):
    chunk = labelled(engine, audible="tones", place="both").render_sentence(TEXT, 0)
    assert np.array_equal(chunk.waveform, labelled(engine).render_sentence(TEXT, 0).waveform)


def test_a_spoken_label_is_plain_whatever_the_text_asks_for(engine):
    def lead(**options):
        chosen = SynthesisOptions(**options)
        labels = {"audible": "spoken", "place": "start"}
        return labelled(engine, **labels).synthesize(TEXT, chosen).sentences[0].begin_s

    assert lead(speed=2.0, emotion="sad", pitch_shift_st=5.0) == pytest.approx(lead(), abs=1e-3)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "ogg", "opus"])
def test_files_are_marked_unless_that_is_switched_off(engine, tmp_path, format):
    options = SynthesisOptions(format=format)
    for metadata, state in ((True, "ours"), (False, "none")):
        synthesizer = labelled(engine, metadata=metadata, producer="somebody")
        result = synthesizer.synthesize_to_file(TEXT, options, output_dir=tmp_path)
        verdict = verify_file(result.path)
        assert verdict.state == state
        assert verdict.fields.get("ContentProducer", "somebody") == "somebody"


class PausingEngine(FakeEngine):
    """Silent where the phoneme is a comma."""

    def encode(self, phonemes, prosody_style):
        encoding = super().encode(phonemes, prosody_style)
        encoding.is_silent = np.array([True, *(symbol == "，" for symbol in phonemes), True])
        return encoding

    def predict(self, encoding, durations):
        silent = np.repeat(encoding.is_silent, 2 * durations)
        f0 = np.where(silent, 11.0, 200.0).astype(np.float32)
        return Prosody(durations, f0, np.where(silent, -9.0, 8.0).astype(np.float32))

    def rendering(self, encoding, prosody, timbre_style, *, seed=0):
        whole = super().rendering(encoding, prosody, timbre_style, seed=seed)
        audible = np.repeat(prosody.f0 > 50, HOP // 2)
        return SimpleNamespace(
            frames=whole.frames,
            joins=True,
            part=lambda begin, end, *_: whole.part(begin, end) * audible[begin * HOP : end * HOP],
        )


class CommaFrontEnd(TellingFrontEnd):
    """A comma is a break and no syllable."""

    def read(self, manuscript, lexicon=None):
        for read in super().read(manuscript, lexicon):
            sentence = read.sentence
            words = tuple(word for word in sentence.words if word.text != "，")
            breaks = tuple(Break(index, "，") for index, symbol in enumerate(sentence.phonemes) if symbol == "，")
            read.sentence = dataclasses.replace(sentence, words=words, breaks=breaks)
            yield read


CLAUSES = "春眠不觉晓处处闻啼鸟，夜来听风雨声花落知多少，床前明月光疑是地上霜。举头望明月，低头思故乡。"


@pytest.fixture
def pausing():
    return Synthesizer.from_parts(PausingEngine(), FakeVoices(), CommaFrontEnd())


def test_a_long_first_sentence_is_heard_before_its_end_is_rendered(pausing):
    stream = pausing.stream(CLAUSES)
    first = next(stream)
    assert first.timing.text == "春眠不觉" and not first.ends_sentence
    assert pausing._engine.rendered <= 2  # the next part is made while the first is heard
    rest = list(stream)
    assert [chunk.ends_sentence for chunk in rest] == [False, False, True, True]
    assert [chunk.index for chunk in (first, *rest)] == [0, 0, 0, 0, 1]
    lengths = [len(chunk.waveform) for chunk in (first, *rest[:2])]
    assert lengths == sorted(lengths)
    assert [round(chunk.progress * len(CLAUSES)) for chunk in rest[-2:]] == [34, 46]


def test_what_does_not_join_is_not_cut(pausing):
    pausing._engine.rendering, rendering = None, pausing._engine.rendering

    def apart(*arguments, **named):
        made = rendering(*arguments, **named)
        made.joins = False
        return made

    pausing._engine.rendering = apart
    assert [chunk.ends_sentence for chunk in pausing.stream(CLAUSES)] == [True, True]


@pytest.mark.parametrize("emotion", ["neutral", "sad"])
def test_the_parts_joined_are_the_file(pausing, emotion):
    options = SynthesisOptions(emotion=emotion, seed=3)
    chunks = list(pausing.stream(CLAUSES, options))
    result = pausing.synthesize(CLAUSES, options)
    np.testing.assert_array_equal(np.concatenate([chunk.waveform for chunk in chunks]), result.waveform)
    assert [sentence.text for sentence in result.sentences] == [CLAUSES[:34], CLAUSES[34:]]
    assert "".join(one.text for sentence in result.sentences for one in sentence.characters) == CLAUSES
    assert len(result.prosody) == 2
    edges = [edge for s in result.sentences for c in s.characters for edge in (c.begin_s, c.end_s)]
    assert edges == sorted(edges)
    assert result.warnings == tuple(dict.fromkeys(result.warnings))


class CardEngine(PausingEngine):
    """Computes many sentences together; each waits until as many as can be are there."""

    together = 32

    def __init__(self):
        super().__init__()
        self.gathered = threading.Barrier(AT_ONCE_ON_CARD)

    def render(self, encoding, prosody, timbre_style, *, seed=0):
        self.gathered.wait(5)
        return super().render(encoding, prosody, timbre_style, seed=seed)


def test_a_card_gets_many_whole_sentences_at_a_time():
    synthesizer = Synthesizer.from_parts(CardEngine(), FakeVoices(), CommaFrontEnd())
    clause = CLAUSES[:34]
    chunks = list(synthesizer.stream(clause * AT_ONCE_ON_CARD))
    assert [chunk.ends_sentence for chunk in chunks] == [True] * AT_ONCE_ON_CARD
    assert synthesizer._engine.rendered == AT_ONCE_ON_CARD


def test_each_part_is_heard_when_its_timing_says(pausing):
    chunks = list(pausing.stream(CLAUSES))
    waveform = np.concatenate([chunk.waveform for chunk in chunks])
    at = 0
    for chunk in chunks:
        assert chunk.timing.end_s == pytest.approx((at + len(chunk.waveform)) / RATE, abs=1e-6)
        at += len(chunk.waveform)
        for word in chunk.timing.words:
            assert np.abs(waveform[round(word.begin_s * RATE) : round(word.end_s * RATE)]).max() > 0.05


def test_cutting_changes_nothing_where_the_decoder_is_the_same_everywhere(pausing):
    from tts_engine.prosody import parts

    cut = pausing.synthesize(CLAUSES).waveform
    parts.FIRST_FRAMES, kept = 10_000, parts.FIRST_FRAMES
    try:
        uncut = pausing.synthesize(CLAUSES).waveform
    finally:
        parts.FIRST_FRAMES = kept
    np.testing.assert_allclose(cut, uncut, atol=1e-6)


def test_a_sentence_in_parts_alone_is_the_one_of_the_whole(pausing):
    whole = pausing.synthesize(CLAUSES)
    chunk = pausing.render_sentence(CLAUSES, 0)
    assert chunk.timing == whole.sentences[0] and chunk.ends_sentence
    np.testing.assert_array_equal(chunk.waveform, whole.waveform[: len(chunk.waveform)])


def test_each_part_has_a_turn_of_its_own(pausing):
    held, sizes = [], []

    @contextmanager
    def turn(size):
        held.append(size)
        sizes.append(size)
        assert len(held) == 1
        yield
        held.pop()

    list(pausing.stream(CLAUSES[:34], turn=turn))
    assert held == [] and sizes == [33, 1, 1, 1]
