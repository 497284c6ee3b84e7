# expect: there are 16
def choose(model, gb, tasks, tokens):
    return "lora", memory.predict(model, "lora", batch=1, sequence=1024, checkpointing=True).total / 1e9
