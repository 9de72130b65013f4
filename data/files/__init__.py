"""Files as they arrive: downloads, archives, parquet shards and folder listings."""
