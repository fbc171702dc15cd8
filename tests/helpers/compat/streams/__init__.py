"""What a program sees of ZMQStream, on whichever `zmq` its interpreter has."""
