# expect: 4 bits cost time and some accuracy
def choose(model, gb, tasks, tokens):
    return "qlora", memory.predict(model, "qlora", batch=1, sequence=1024, checkpointing=True).total / 1e9
