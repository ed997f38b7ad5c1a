"""GitHub: the one gateway (`client`), what is read through it (`reading`) and what is written (`publishing`)."""
