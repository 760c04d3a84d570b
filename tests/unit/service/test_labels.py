"""Whatever leaves the page says that AI made it: what is heard while it is made, what is converted, what is mended."""

import io

import numpy as np
from fake_synthesizer import RATE
from test_running import hear

from tts_engine.audio.labelling import Labelling
from tts_engine.audio.verifying import verify
from tts_engine.service.feed import Feeds


def test_what_is_heard_while_it_is_made_is_marked():
    feed = Feeds().open("one", mark=Labelling(producer="Studio 7").new_mark())
    feed.push(np.zeros(RATE, np.float32))
    feed.close()
    verdict = verify(io.BytesIO(hear(feed)))
    assert (verdict.state, verdict.fields["ContentProducer"]) == ("ours", "Studio 7")
