"""What programs are answered: endpoints, their shapes, and refusals as problem documents."""
