"""The classic lab's PPO from a hub on this machine: tiny random models and data under the real ids."""

import json

import local_hub
import pytest
import torch

from helpers import assets
from helpers.errors import CourseError
from helpers.summarizing import DATA, MODEL
from helpers.summarizing.detox import REWARD, classifier


def make_classifier(folder, name, labels):
    """A random classifier of RoBERTa's kind. labels: their names, in the order of its outputs."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForSequenceClassification

    marks = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    inner = Tokenizer(models.BPE(unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner.train_from_iterator(
        [], trainers.BpeTrainer(special_tokens=list(marks.values()), initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=60, **marks)
    target = folder / "models" / name
    tokenizer.save_pretrained(target)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=64, pad_token_id=1, initializer_range=0.5, id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )  # fmt: skip
    RobertaForSequenceClassification(config).save_pretrained(target)
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    data = local_hub.make_dialogsum(folder)
    local_hub.make_flan_t5(folder, text=(data / "train.csv").read_text(encoding="utf-8"))
    make_classifier(folder, REWARD, ["nothate", "hate"])
    return folder


def test_the_label_is_found_by_its_name(folder, tmp_path):
    """The lab takes the first of a list sorted by score, which is whatever the text is most like."""
    texts = ["I hate you.", "Thanks a lot!", "It is a book about tea and bread.", "no"]
    score = classifier(str(folder / "models" / REWARD))
    opposite = classifier(str(folder / "models" / REWARD), "hate")
    found, other = score(None, texts), opposite(None, texts)
    assert any(one > two for one, two in zip(found, other, strict=True)), "a random model likes some"
    assert any(one < two for one, two in zip(found, other, strict=True)), "and others not"
    turned = make_classifier(tmp_path, "a/b", ["nothate", "hate"])
    config = json.loads((turned / "config.json").read_text())
    config |= {"id2label": {"0": "hate", "1": "nothate"}, "label2id": {"hate": 0, "nothate": 1}}
    (turned / "config.json").write_text(json.dumps(config))
    assert classifier(str(turned))(None, texts) == pytest.approx(other, abs=1e-5)
    with pytest.raises(CourseError, match="has the labels hate, nothate.* 'kind' is none"):
        classifier(str(folder / "models" / REWARD), "kind")


def test_the_lab_runs_from_the_hub(folder, tmp_path):
    assets.path("toxic_bilstm", "weights"), assets.path("profanity", "model")  # no part of the hub
    code = """
from helpers.summarizing.detox import detox
from helpers.tables import table
answer = detox()
answer["table"] = table(answer | answer["settings"] | {"lesson": "detox"})
"""
    with local_hub.Hub(folder) as hub, local_hub.Learner(hub.environment(tmp_path)) as learner:
        said = learner.run(code)
        assert "error" not in said, said
        for name in (f"/{MODEL}/resolve/", f"/{REWARD}/resolve/", f"/datasets/{DATA}/resolve/"):
            assert hub.asked(name)
    done = said["answer"]
    assert done["n"] == len(done["items"]) == 3 and len(done["history"]) == 2
    assert done["values"]["kl_at_start"] == pytest.approx(0, abs=1e-4)
    for measure in ("toxicity", "profanity", "rouge1", "words"):
        low, high = done["values"][f"{measure}_change_ci"]
        assert low <= done["values"][f"{measure}_change"] <= high
    assert all("Summarize" not in item["after"] for item in done["items"]), "the prompt is no part of what is judged"
    assert "toxicity_change" in done["table"]
