"""A fitted CNN as one ONNX file, and an estimator that answers from it without PyTorch."""
