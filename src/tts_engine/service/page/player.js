// The player, once in its element: what is being made is fetched as WAV and heard at once through Web Audio, since an
// <audio> element waits for seconds of a growing file; a finished result is an ordinary <audio>.
let context = null, stopper = null, clock = null;
const audio = () => element.querySelector('audio');
const quiet = () => {
    stopper?.abort();
    context?.close();
    clearInterval(clock);
    stopper = context = clock = null;
    element.querySelector('[data-live]')?.remove();
    if (audio()) audio().hidden = false;
};
const joined = (one, other) => {
    const both = new Uint8Array(one.length + other.length);
    both.set(one);
    both.set(other, one.length);
    return both;
};
const headOf = (bytes) => {
    for (let at = 12; at + 8 <= bytes.length; at += 8 + new DataView(bytes.buffer).getUint32(at + 4, true)) {
        if (String.fromCharCode(...bytes.slice(at, at + 4)) === 'data') return at + 8;
    }
    return -1;
};
const follow = async () => {
    const bar = element.querySelector('[data-live]');
    if (!bar) return;
    stopper?.abort();
    context?.close();
    const own = stopper = new AbortController(), sound = context = new AudioContext();
    let begin = 0, end = 0, rest = new Uint8Array(0), isHead = true;
    clearInterval(clock);
    clock = setInterval(() => {
        const at = begin ? Math.max(0, Math.min(sound.currentTime, end) - begin) : 0;
        bar.querySelector('[data-time]').textContent = `${Math.floor(at / 60)}:${String(Math.floor(at % 60)).padStart(2, '0')}`;
        if (begin && at > 0 && !element.dataset.heard) element.dataset.heard = performance.now();
    }, 20);
    delete element.dataset.heard;
    try {
        const reader = (await fetch(bar.dataset.live, {signal: own.signal})).body.getReader();
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
            let bytes = joined(rest, piece.value);
            if (isHead) {
                const head = headOf(bytes);
                if (head < 0) { rest = bytes; continue; }
                bytes = bytes.slice(head);
                isHead = false;
            }
            const length = bytes.length - bytes.length % 2;
            rest = bytes.slice(length);
            if (!length) continue;
            const samples = new Int16Array(bytes.slice(0, length).buffer);
            const buffer = sound.createBuffer(1, samples.length, 24000), channel = buffer.getChannelData(0);
            for (let i = 0; i < samples.length; i++) channel[i] = samples[i] / 32768;
            const source = sound.createBufferSource();
            source.buffer = buffer;
            source.connect(sound.destination);
            end = Math.max(end, sound.currentTime + 0.03);
            begin = begin || end;
            source.start(end);
            end += buffer.duration;
        }
        while (own === stopper && sound.currentTime < end) await new Promise((go) => setTimeout(go, 100));
    } catch (error) {
        if (error.name !== 'AbortError') throw error;
    }
    if (own !== stopper) return;
    quiet();
    const result = document.querySelector('#tts-details [data-audio]');
    if (result && audio()) audio().src = result.dataset.audio;
};
document.addEventListener('tts-quiet', quiet);
element.addEventListener('click', (event) => {
    if (!event.target.closest('[data-act=pause]') || !context) return;
    context.state === 'suspended' ? context.resume() : context.suspend();
});
watch('value', follow);
