// The companion: text by the piece into a live session, speech out by the clause, steered by the listener's state.
// Runs once in the element of the tab; talks to /v1/audio/speech/stream (docs/live.md).
const part = (name) => element.querySelector(`[data-part=${name}]`);
const HISTORY_S = 60, RATE = 24000;
let socket = null, audio = null, playAt = 0, sources = [], samples = [], clauses = [], simulated = null;

const say = (text, kind) => {
    const line = document.createElement('li');
    line.className = `tts-live-${kind}`;
    line.textContent = text;
    part('log').prepend(line);
    while (part('log').children.length > 60) part('log').lastChild.remove();
};
const send = (message) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };
const settings = () => ({
    type: 'config', policy: part('policy').value, voice: part('voice').value || 'zf_xiaoxiao',
    emotion: part('emotion').value || 'auto', response_format: 'pcm',
});
const play = (data) => {
    const whole = new Int16Array(data), buffer = audio.createBuffer(1, whole.length, RATE), channel = buffer.getChannelData(0);
    for (let i = 0; i < whole.length; i++) channel[i] = whole[i] / 32768;
    const source = audio.createBufferSource();
    source.buffer = buffer;
    source.connect(audio.destination);
    playAt = Math.max(playAt, audio.currentTime + 0.05);
    source.start(playAt);
    playAt += buffer.duration;
    sources.push(source);
    source.onended = () => { sources = sources.filter((other) => other !== source); };
};
const hush = () => { sources.forEach((source) => source.stop()); sources = []; playAt = 0; };

const start = () => new Promise((resolve, reject) => {
    audio = audio || new AudioContext({sampleRate: RATE});
    audio.resume();
    const address = new URL('v1/audio/speech/stream', document.baseURI.replace(/^http/, 'ws'));
    socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => { send(settings()); part('state').dataset.on = '1'; resolve(); };
    socket.onerror = reject;
    socket.onclose = (event) => {
        delete part('state').dataset.on;
        socket = null;
        if (event.code !== 1000) say(`${event.code} ${event.reason}`, 'error');
    };
    socket.onmessage = (message) => {
        if (message.data instanceof ArrayBuffer) { play(message.data); return; }
        const event = JSON.parse(message.data), now = performance.now() / 1000;
        if (event.type === 'clause') {
            clauses.push({at: now, weight: event.listener_weight, speed: event.speed, pitch: event.pitch_shift_st});
            const moves = `${event.speed.toFixed(2)}× ${event.pitch_shift_st >= 0 ? '+' : ''}${event.pitch_shift_st.toFixed(1)} st`;
            say(`${event.text} — ${event.emotion} · ${moves}`, 'clause');
        } else if (event.type === 'error') say(event.error?.message ?? JSON.stringify(event), 'error');
        else if (event.type === 'listener' && event.decision !== 'reading') say(`♥ ${event.decision}`, 'listener');
        else if (event.type === 'warning') say(event.message ?? JSON.stringify(event), 'listener');
    };
});
const reading = () => {
    const now = performance.now() / 1000, phase = simulated === null ? 0 : (now - simulated) / 40;
    if (simulated !== null) {
        part('heart').value = 72 + 34 * Math.max(0, Math.sin(2 * Math.PI * phase - 1));
        part('arousal').value = 0.9 * Math.max(0, Math.sin(2 * Math.PI * phase - 1)).toFixed(2);
    }
    const state = {type: 'state', heart_rate: Number(part('heart').value), valence: Number(part('valence').value),
        arousal: Number(part('arousal').value)};
    part('heart-value').textContent = Math.round(state.heart_rate);
    samples.push({at: now, heart: state.heart_rate, valence: state.valence, arousal: state.arousal});
    samples = samples.filter((sample) => now - sample.at < HISTORY_S);
    clauses = clauses.filter((clause) => now - clause.at < HISTORY_S);
    if (part('sensor').checked) send(state);
};
const draw = () => {
    const canvas = part('curves'), pen = canvas.getContext('2d'), now = performance.now() / 1000;
    if (!canvas.offsetParent) return;
    const width = canvas.width = canvas.clientWidth * devicePixelRatio, height = canvas.height = 180 * devicePixelRatio;
    const x = (at) => width * (1 - (now - at) / HISTORY_S);
    const curve = (points, colour, value, steps) => {
        pen.beginPath();
        pen.strokeStyle = colour;
        pen.lineWidth = 2 * devicePixelRatio;
        points.forEach((point, i) => {
            const y = height * (1 - 0.08 - 0.84 * value(point));
            if (i === 0) pen.moveTo(x(point.at), y);
            else { if (steps) pen.lineTo(x(point.at), height * (1 - 0.08 - 0.84 * value(points[i - 1]))); pen.lineTo(x(point.at), y); }
        });
        if (steps && points.length) pen.lineTo(width, height * (1 - 0.08 - 0.84 * value(points.at(-1))));
        pen.stroke();
    };
    curve(samples, '#d6336c', (s) => (s.heart - 40) / 140, false);
    curve(samples, '#f08c00', (s) => (s.arousal + 1) / 2, false);
    curve(clauses, '#0ca678', (c) => c.weight, true);
    curve(clauses, '#1971c2', (c) => (c.speed - 0.6) / 0.8, true);
};
const acts = {
    speak: async () => {
        try { if (socket === null) await start(); } catch { say(part('state').dataset.refused, 'error'); return; }
        send({type: 'text', text: part('text').value, flush: true});
    },
    cancel: () => { hush(); send({type: 'cancel'}); },
    end: () => send({type: 'end'}),
};
element.addEventListener('click', (event) => {
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (act) acts[act]();
});
element.addEventListener('change', (event) => {
    if (event.target === part('simulate')) simulated = event.target.checked ? performance.now() / 1000 : null;
    else if (['policy', 'voice', 'emotion'].includes(event.target.dataset.part)) send(settings());
});
setInterval(reading, 500);
setInterval(draw, 100);
