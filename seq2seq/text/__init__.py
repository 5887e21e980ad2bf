"""Text: lines, sentences, normalisation, transforms, tokenizers, protected spans, augmentation."""
