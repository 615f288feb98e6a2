"""The ingest: takes RTMP from encoders and hands it to viewers; a process of its own."""
