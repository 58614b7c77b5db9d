"""What those who run the house see and do: all experts and all bookings. Categories and the journal are next door."""
