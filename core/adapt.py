def adapt(model, spec): return model
def set_dropout(model,p): pass
def save(model, processor, folder, spec):
    model.save_pretrained(folder); processor.save_pretrained(folder)
