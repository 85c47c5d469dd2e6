"""What functional and chaos tests share: the running stack, shops made for one test, conditions to wait for."""
