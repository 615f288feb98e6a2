"""The face check by camera (活体检测): the service's side, from the challenge to the decision."""
