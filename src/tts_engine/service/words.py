"""Every word that the page shows, in Chinese and in English; the browser's language or ``?__lang=en`` chooses.

Labels of components are translated by Gradio in the browser (``word``); text inside our own HTML carries both
languages and the style sheet shows one (``both``, ``pair``).
"""

from __future__ import annotations

import html
from typing import Any

from .lean_gradio import import_gradio

#: key -> (Chinese, English)
WORDS: dict[str, tuple[str, str]] = {
    "title": ("中文语音合成", "Chinese text-to-speech"),
    "subtitle": ("在本机离线运行，会“演”的语音引擎", "A speech engine that performs, on this machine, offline"),
    "tab_speak": ("合成", "Speak"),
    "tab_script": ("剧本", "Script"),
    "tab_batch": ("批量", "Batch"),
    "tab_history": ("历史", "History"),
    "tab_voices": ("音色", "Voices"),
    "tab_live": ("陪伴", "Companion"),
    "tab_system": ("系统", "System"),
    "text": ("文字", "Text"),
    "text_hint": (
        "在这里输入或粘贴要朗读的文字……（Ctrl+Enter 生成）",
        "Type or paste the text here… (Ctrl+Enter generates)",
    ),
    "preview": ("预览读法：分句、读音与语气", "Preview: sentences, readings and manner"),
    "preview_button": ("查看读法", "Show the reading"),
    "preview_hint": (
        "每个字怎么读、每句怎么说，合成之前就能看到。",
        "How every word is read and every sentence is meant, before anything is rendered.",
    ),
    "voice": ("声音", "Voice"),
    "voice_info": ("可输入混合，如 晓晓:0.7+晓伊:0.3", "a mix may be typed: xiaoxiao:0.7+xiaoyi:0.3"),
    "listen_voice": ("试听", "Listen"),
    "emotion": ("情感", "Emotion"),
    "emotion_info": ("可输入混合，如 悲伤 0.6 + 愤怒 0.3", "a blend may be typed: sad 0.6 + angry 0.3"),
    "intensity": ("情感强度", "Intensity"),
    "reference": ("参考音频：照这段录音的说法来说", "Reference recording: say it like this"),
    "reference_hint": (
        "上传或录几秒说话声。只取说话的方式，不取身份；录音本身不保存。",
        "Upload or record a few seconds of speech. Only the way of speaking is taken, and the recording is not kept.",
    ),
    "reference_recording": ("参考录音（WAV、MP3……）", "Reference recording (WAV, MP3…)"),
    "reference_neutral": ("同一人的平静录音（可选，更准）", "The same speaker, neutral (optional, more exact)"),
    "reference_strength": ("参考强度", "Strength of the reference"),
    "reference_aspects": ("取哪些方面", "What to take"),
    "reference_consent": ("取音色须写明：谁同意用其声音做什么", "For timbre: who consents to what use of the voice"),
    "details": ("详情", "Details"),
    "reference_heard": ("听到了什么", "What was heard"),
    "sounds_like": ("听起来像：", "Sounds like:"),
    "aspect_melody": ("语调", "melody"),
    "aspect_rhythm": ("节奏", "rhythm"),
    "aspect_dynamics": ("强弱", "dynamics"),
    "aspect_quality": ("音质", "quality"),
    "aspect_timbre": ("音色", "timbre"),
    "axes": ("八维情感（任一不为 0 时代替上面的菜单）", "Eight axes (replace the menu above once one is not 0)"),
    "context": ("按上下文调整语气", "Let the context shape the manner"),
    "speed": ("语速", "Speed"),
    "pitch": ("音高（半音）", "Pitch (semitones)"),
    "pauses": ("停顿倍数", "Pauses"),
    "volume": ("音量（dB）", "Volume (dB)"),
    "loudness": ("整段响度（LUFS，0 为不调整）", "Loudness (LUFS, 0 leaves it alone)"),
    "seed": ("随机种子", "Seed"),
    "more": ("更多选项", "More options"),
    "generate": ("生成语音", "Generate"),
    "stop": ("停止", "Stop"),
    "starting": ("正在合成第一句…", "Rendering the first sentence…"),
    "rendering": ("已合成 {:.0%}（{:.0f} 秒音频）", "{:.0%} rendered ({:.0f} s of audio)"),
    "pause": ("暂停 / 继续", "pause / go on"),
    "live_playing": ("边合成边播放", "playing while it is being made"),
    "player": ("播放", "Player"),
    "click_words": (
        "点字从那里听起；句末 ↻ 只重做这一句。",
        "Click a word to hear from there; ↻ renders only that sentence again.",
    ),
    "download": ("下载", "Download"),
    "pitch_curve": ("音高曲线", "Pitch curve"),
    "facts": (
        "{characters} 字 · 音频 {audio:.1f} 秒 · 用时 {took:.1f} 秒（RTF {rtf:.2f}）· 已保存：",
        "{characters} characters · {audio:.1f} s of audio in {took:.1f} s (RTF {rtf:.2f}) · saved:",
    ),
    "note": ("请注意", "Please note"),
    "again_title": ("只重做一句", "One sentence again"),
    "again_button": ("用当前选项重做这一句", "Render this sentence with the current options"),
    "again_hint": (
        "第 {} 句：“{}”。其余部分一个采样都不变；随机种子会自动换一个。",
        "Sentence {}: “{}”. Everything else stays as it is, to the sample; a new seed is used.",
    ),
    "again_none": ("先在结果里点一句末尾的 ↻。", "Click ↻ at the end of a sentence in the result first."),
    "search": ("搜索", "Search"),
    "search_hint": ("文字、声音、情感……", "text, voice, emotion…"),
    "refresh": ("刷新", "Refresh"),
    "no_results": ("还没有结果。到“合成”页生成第一段吧。", "Nothing yet: make the first one on the Speak tab."),
    "no_hits": ("没有符合的结果。", "Nothing matches."),
    "found": ("共 {} 条，显示最近 {} 条", "{} results, the newest {} shown"),
    "open": ("打开并填入设置", "Open with its settings"),
    "delete": ("删除", "Delete"),
    "delete_sure": ("删除这条结果和它的音频？", "Delete this result and its audio?"),
    "gone": ("音频文件已不在", "the audio file is gone"),
    "compare": ("对比试听", "Compare"),
    "compare_hint": (
        "点两条结果的 A 与 B，在同一处来回切换。",
        "Choose A and B below, then switch between them at the same place.",
    ),
    "export": ("导出全部记录（JSON）", "Export all records (JSON)"),
    "neutral_sample": ("你好，很高兴为你朗读。", "Hello, I am glad to read to you."),
    "own_voice": ("自己的声音", "A voice of one's own"),
    "no_own_voices": ("还没有自己的声音。", "No voices of one's own yet."),
    "new_name": ("新名称", "New name"),
    "rename": ("改名", "Rename"),
    "export_voice": ("导出", "Export"),
    "delete_voice_sure": ("删除这个声音及其全部版本？", "Delete this voice with all its versions?"),
    "make_voice": ("用录音创建", "Make one from recordings"),
    "make_voice_hint": (
        "几秒到一小时同一个人的录音。得到的是引擎能说出的最相似的声音，不是复制；须有本人同意。",
        "A few seconds to an hour of one person. The result is the most similar voice that the engine can speak with,"
        " not a copy; its owner must consent.",
    ),
    "voice_name": ("名称", "Name"),
    "recordings": ("录音文件", "Recordings"),
    "consent": ("授权声明（必填）", "Statement of consent (required)"),
    "consent_hint": (
        "例如：本人王小明同意用这些录音制作我的声音，用于有声书。",
        "e.g. I, Jane Smith, consent to a voice being made of these recordings for an audiobook.",
    ),
    "make_voice_button": ("创建声音", "Make the voice"),
    "mix_voices": ("混合声音", "Mix voices"),
    "weight": ("权重", "Weight"),
    "keep_mix": ("保存这个混合", "Keep this mix"),
    "import_voice": ("导入声音文件", "Import a voice file"),
    "voice_file": ("导出的声音文件", "A voice file that was exported"),
    "script_hint": (
        "剧本、带引号的小说、字幕都可以：先看标注与选角，改好再制作。同一标题再做一次，只重做改动的句子。",
        "A script, prose with quotations, subtitles: look at roles and cast, mend them, then produce. Made again under"
        " the same title, only the lines that changed are rendered.",
    ),
    "script_text": ("剧本或小说", "Script or prose"),
    "script_title": ("标题", "Title"),
    "script_cast": ("选角（声音可改）", "Cast (voices may be changed)"),
    "script_prepare": ("标注与选角", "Annotate and cast"),
    "script_make": ("制作节目", "Produce"),
    "script_stems": ("每个角色另存一轨", "a file for each role"),
    "read_as": ("读作：{}", "Read as: {}"),
    "produce_render": ("第 {} / {} 句", "line {} of {}"),
    "produce_check": ("听检第 {} / {} 句", "hearing line {} of {}"),
    "produce_mix": ("混音 {} / {} 秒", "mixing {} of {} s"),
    "produce_stopped": (
        "已停止。已做好的句子都在，再点“制作节目”接着做。",
        "Stopped. Finished lines are kept: produce goes on.",
    ),
    "programme_facts": (
        "{:.0f} 秒 · 新渲染 {} 句，沿用 {} 句 · 响度 {:.1f} LUFS · 已保存：",
        "{:.0f} s · {} lines rendered, {} kept · {:.1f} LUFS · saved:",
    ),
    "line_finding": ("第 {} 句：{}", "line {}: {}"),
    "timeline": ("时间线：谁在什么时候说话", "timeline: who speaks when"),
    "batch_hint": (
        "把许多文字作为一个任务合成：断电、关页都不丢，随时继续。每行可以有自己的声音与情感，其余用“合成”页的选项。",
        "Many texts as one job that survives anything. A line may name its own voice and emotion; for the rest the"
        " options of the Speak tab hold.",
    ),
    "batch_file": (
        "文件：JSONL、CSV（列 text、id、voice、emotion……）、TXT、SRT",
        "File: JSONL, CSV (columns text, id, voice, emotion…), TXT, SRT",
    ),
    "batch_file_first": ("请先选择文件。", "Choose a file first."),
    "batch_format": ("音频格式", "Audio format"),
    "batch_by_line": ("TXT 每行一个文件", "TXT: one file per line"),
    "batch_begin": ("开始合成", "Begin"),
    "batch_none": ("还没有任务。", "No jobs yet."),
    "batch_facts": ("完成 {} / {} · 音频 {}", "{} of {} done · audio {}"),
    "batch_failed": ("失败 {}", "{} failed"),
    "batch_cancelled": ("已取消 {}", "{} cancelled"),
    "batch_rest": ("暂停", "Rest"),
    "batch_go_on": ("继续", "Go on"),
    "batch_retry": ("重试失败与取消的", "Retry what failed or was cancelled"),
    "batch_cancel": ("取消其余", "Cancel the rest"),
    "batch_cancel_sure": ("取消还没合成的部分？", "Cancel what is not rendered yet?"),
    "live_hint": (
        "一边写一边说；听者的心率与心情随时改变还没说出来的部分。下面的数可以手动拖动，也可以模拟。",
        "Speech while you write; the listener's heart rate and mood steer what has not been said. Drag, or simulate.",
    ),
    "live_speak": ("说 ▶", "Speak ▶"),
    "live_cancel": ("打断", "Interrupt"),
    "live_end": ("结束", "End"),
    "live_refused": ("连接不上服务。", "The server could not be reached."),
    "live_heart": ("心率", "heart rate"),
    "live_valence": ("心情（−1 低落 … 1 愉快）", "mood (-1 low … 1 happy)"),
    "live_arousal": ("激动程度", "arousal"),
    "live_weight": ("对声音的影响", "influence on the voice"),
    "live_speed": ("语速", "rate"),
    "live_sensor": ("传感器在线", "sensor on"),
    "live_simulate": ("模拟一段起伏的心率", "simulate a rising and falling heart rate"),
    "policy": ("策略", "Policy"),
    "policy_off": ("关闭", "off"),
    "policy_soothe": ("安抚", "soothe"),
    "policy_mirror": ("共情", "mirror"),
    "policy_energize": ("提振", "energize"),
    "models": ("模型", "Models"),
    "state_ready": ("可用", "ready"),
    "state_incomplete": ("不完整", "incomplete"),
    "state_absent": ("未下载", "not fetched"),
    "sound": ("{} 个文件全部完好", "all {} files are sound"),
    "damaged": (
        "损坏或缺失：{}。请运行 tts-engine models fetch",
        "damaged or missing: {}. Run tts-engine models fetch",
    ),
    "model_version": ("版本", "Version"),
    "fetch": ("下载", "Fetch"),
    "use": ("切换", "Switch"),
    "after_restart": ("重新启动后生效", "in use after a restart"),
    "import_model": ("导入手工拷贝的模型文件", "Import model files that were copied by hand"),
    "still_missing": ("还缺：{}", "still missing: {}"),
    "verify": ("校验模型文件", "Verify the model files"),
    "device": ("设备", "Device"),
    "device_facts": (
        "处理器线程 {threads} · 采样率 {rate} Hz · 版本 {version}",
        "{threads} processor threads · {rate} Hz · version {version}",
    ),
    "serving": ("服务：排队、标识、密钥", "Serving: queue, labels, keys"),
    "queue_facts": (
        "进行中的请求 {}，等待的句子 {}，正在渲染 {}",
        "{} requests in the making, {} sentences waiting, {} rendering",
    ),
    "label_on": (
        "元数据标识：开（生产者 {}，TTS_LABEL、TTS_LABEL_PRODUCER）",
        "metadata mark: on (producer {}; TTS_LABEL, TTS_LABEL_PRODUCER)",
    ),
    "label_off": ("元数据标识：关（生产者 {}，TTS_LABEL）", "metadata mark: off (producer {}; TTS_LABEL)"),
    "label_heard": ("可听标识：{}（TTS_LABEL_AUDIBLE）", "audible mark: {} (TTS_LABEL_AUDIBLE)"),
    "keys_are": ("API 密钥：{}（tts-engine keys list）", "API keys: {} (tts-engine keys list)"),
    "keys_none": (
        "没有 API 密钥，只服务本机（tts-engine keys create）",
        "no API keys: only this machine is served (tts-engine keys create)",
    ),
    "reference_curve": ("虚线：参考录音的语调", "dashed: the melody of the reference"),
    "speed_plot": ("最近结果的速度（RTF，越低越快）", "Speed of the last results (RTF, lower is faster)"),
    "log": ("警告日志", "Log of warnings"),
    "log_empty": ("没有警告。", "No warnings."),
    "not_ready": ("模型尚未就绪。", "The model is not ready yet."),
    "ready": ("模型已就绪", "Ready"),
    "type_already": ("可以先输入文字", "You can type already"),
    "loading": ("正在载入模型，马上就好…", "Loading the model…"),
    "other_process": ("另一个进程正在准备模型，请稍候…", "Another process is fetching the model…"),
    "checking": ("正在检查模型", "Checking the model"),
    "downloading": ("正在下载模型（仅第一次需要）", "Downloading the model (first start only)"),
    "installing": ("正在安装模型", "Installing the model"),
    "preparing": ("正在准备模型", "Preparing the model"),
    "seconds": ("{} 秒", "{} s"),
    "minutes": ("{} 分钟", "{} min"),
    "try_again": (
        "排除问题后再点“生成语音”，会重新载入。",
        "Press Generate again once that is solved; no restart is needed.",
    ),
    "nothing_left": ("没有留下文件。", "No file was made."),
    "next_in_turn": ("排队中，马上轮到…", "Waiting, next in turn…"),
    "in_queue": ("排队中，前面还有 {} 句…", "Waiting behind {} sentences…"),
    "stopped": ("已停止", "Stopped"),
    "internal": ("内部错误：{}。详情见终端日志。", "Internal error: {}. See the log in the terminal."),
}

_LOCALES = {"zh": 0, "zh-CN": 0, "zh-Hans": 0, "zh-SG": 0, "zh-TW": 0, "zh-HK": 0, "en": 1}


def translations() -> Any:
    """All words as ``gradio.I18n``."""
    gr = import_gradio()
    return gr.I18n(
        **{locale: {key: words[which] for key, words in WORDS.items()} for locale, which in _LOCALES.items()}
    )


def word(key: str) -> Any:
    """A word for a component's label, translated in the browser."""
    if key not in WORDS:
        raise KeyError(key)
    import_gradio()
    from gradio.i18n import I18nData

    return I18nData(key)


def plain(key: str, *values: Any, **named: Any) -> str:
    """A word in both languages as plain text, Chinese first."""
    zh, en = WORDS[key]
    return f"{zh.format(*values, **named)} · {en.format(*values, **named)}"


def both(key: str, *values: Any, **named: Any) -> str:
    """A word as HTML that shows in the reader's language; values are escaped."""
    escaped = [html.escape(value) if isinstance(value, str) else value for value in values]
    named = {name: html.escape(value) if isinstance(value, str) else value for name, value in named.items()}
    zh, en = WORDS[key]
    return pair(zh.format(*escaped, **named), en.format(*escaped, **named))


def pair(zh: str, en: str) -> str:
    """Two pieces of HTML of which the reader sees one."""
    return f'<span lang="zh">{zh}</span><span lang="en">{en}</span>'
