"""The face check by camera (人脸核验): how it begins, the picture with its prompts, the colours, what became of it."""
