"""Networks as ONNX graphs, and their sessions in ONNX Runtime."""
