# expect: 1 million tokens are few
def choose(model, gb, tasks, tokens):
    much = tasks == 1
    for method in ("full", "lora", "qlora") if much and model.startswith("qwen") else ("lora", "qlora"):
        found = memory.predict(model, method, batch=1, sequence=1024, checkpointing=True)
        needed = found.total / 1e9
        if needed <= gb:
            return method, needed
    return "none", needed
