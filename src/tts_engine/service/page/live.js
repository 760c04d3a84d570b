// The companion: text by the piece into a live session, speech out by the clause, steered by the listener's state.
// Runs once in the element of the tab; talks to /v1/audio/speech/stream (docs/live.md).
const part = (name) => element.querySelector(`[data-part=${name}]`);
const HISTORY_S = 60;
const client = import(new URL('v1/audio/speech/live.js', document.baseURI));
let live = null, samples = [], clauses = [], simulated = null;

const say = (text, kind) => {
    const line = document.createElement('li');
    line.className = `tts-live-${kind}`;
    line.textContent = text;
    part('log').prepend(line);
    while (part('log').children.length > 60) part('log').lastChild.remove();
};
const settings = () => ({
    policy: part('policy').value, voice: part('voice').value || 'zf_xiaoxiao', emotion: part('emotion').value || 'auto',
});
const hear = (event) => {
    if (event.type === 'clause') {
        const moves = `${event.speed.toFixed(2)}× ${event.pitch_shift_st >= 0 ? '+' : ''}${event.pitch_shift_st.toFixed(1)} st`;
        clauses.push({at: performance.now() / 1000, weight: event.listener_weight, speed: event.speed, pitch: event.pitch_shift_st});
        say(`${event.text} — ${event.emotion} · ${moves}`, 'clause');
    } else if (event.type === 'error') say(event.error?.message ?? JSON.stringify(event), 'error');
    else if (event.type === 'listener' && event.decision !== 'reading') say(`♥ ${event.decision}`, 'listener');
    else if (event.type === 'warning') say(event.message ?? JSON.stringify(event), 'listener');
};
const start = async () => {
    const {LiveSpeech} = await client;
    const opened = new LiveSpeech({url: new URL('v1/audio/speech/stream', document.baseURI.replace(/^http/, 'ws')), onEvent: hear});
    await opened.open(settings());
    live = opened;
    part('state').dataset.on = '1';
    opened.closed.then((event) => {
        if (live !== opened) return;
        delete part('state').dataset.on;
        live = null;
        if (event.code !== 1000) say(`${event.code} ${event.reason}`, 'error');
    });
};
const reading = () => {
    const now = performance.now() / 1000, phase = simulated === null ? 0 : (now - simulated) / 40;
    if (simulated !== null) {
        part('heart').value = 72 + 34 * Math.max(0, Math.sin(2 * Math.PI * phase - 1));
        part('arousal').value = 0.9 * Math.max(0, Math.sin(2 * Math.PI * phase - 1)).toFixed(2);
    }
    const state = {heart_rate: Number(part('heart').value), valence: Number(part('valence').value),
        arousal: Number(part('arousal').value)};
    part('heart-value').textContent = Math.round(state.heart_rate);
    samples.push({at: now, heart: state.heart_rate, valence: state.valence, arousal: state.arousal});
    samples = samples.filter((sample) => now - sample.at < HISTORY_S);
    clauses = clauses.filter((clause) => now - clause.at < HISTORY_S);
    if (part('sensor').checked) live?.state(state);
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
        try { if (live === null) await start(); } catch { say(part('state').dataset.refused, 'error'); return; }
        live.say(part('text').value, {flush: true});
    },
    cancel: () => live?.cancel(),
    end: () => live?.end(),
};
element.addEventListener('click', (event) => {
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (act) acts[act]();
});
element.addEventListener('change', (event) => {
    if (event.target === part('simulate')) simulated = event.target.checked ? performance.now() / 1000 : null;
    else if (['policy', 'voice', 'emotion'].includes(event.target.dataset.part)) live?.configure(settings());
});
setInterval(reading, 500);
setInterval(draw, 100);
